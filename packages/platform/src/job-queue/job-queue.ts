import pg from 'pg'

/** What a job in the queue is asked to do. */
export interface JobRequest {
  /** The job's name in the schedule. */
  readonly task: string
  readonly payload: object
  /** Under a key only one waits; asking again for what waits changes its payload. */
  readonly key?: string
}

/** The most that a job is tried, each time after waiting longer: about five hours. */
export const maxAttempts = 10

const lockedBy = `
  select locked_by from graphile_worker._private_jobs where locked_at < now() - make_interval(secs => $1)
  union
  select locked_by from graphile_worker._private_job_queues where locked_at < now() - make_interval(secs => $1)`

/** The queue as whoever asks for jobs sees it, and whoever looks after those that take them. */
export class JobQueue {
  readonly #pool: pg.Pool

  /** @param url a direct connection: behind a pooler by transaction nobody can listen. */
  constructor(url: string, poolSize: number, onLost: (error: Error) => void = () => undefined) {
    this.#pool = new pg.Pool({ connectionString: url, max: poolSize, keepAlive: true })
    this.#pool.on('error', onLost)
    this.#pool.on('connect', (client) => client.on('error', onLost))
  }

  get pool(): pg.Pool {
    return this.#pool
  }

  /** Asks for a job, as soon as it can be; jobs of one name run one after the other. @returns its id. */
  async add({ task, payload, key }: JobRequest): Promise<string> {
    const { rows } = await this.#pool.query<{ id: string }>(
      `select id from graphile_worker.add_job($1, payload => $2::json, queue_name => $1, max_attempts => $3,
                                              job_key => $4, job_key_mode => 'preserve_run_at')`,
      [task, JSON.stringify(payload), maxAttempts, key ?? null],
    )
    if (rows[0] === undefined) throw new Error(`The job ${task} could not be queued.`)
    return rows[0].id
  }

  /** Who has held a job for at least so many seconds. */
  async holders(seconds: number): Promise<string[]> {
    const { rows } = await this.#pool.query<{ locked_by: string }>(lockedBy, [seconds])
    return rows.map((row) => row.locked_by)
  }

  /** Gives back what these hold, to be done again. Only for those that are dead: by itself it would take four hours. */
  async giveBack(workers: readonly string[]): Promise<void> {
    await this.#pool.query('select graphile_worker.force_unlock_workers($1)', [workers])
  }

  /** After a clock that was set back, ticks that are noted in the future would hold up those that come. @returns how many were. */
  async forgetFutureTicks(): Promise<number> {
    const { rowCount } = await this.#pool.query(
      `update graphile_worker._private_known_crontabs set last_execution = now()
        where last_execution > now() + interval '5 minutes'`,
    )
    return rowCount ?? 0
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}
