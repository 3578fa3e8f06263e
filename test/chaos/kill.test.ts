import { setTimeout as sleep } from 'node:timers/promises'
import { EmulatorControl } from '@iam/emulator/google'
import { freePort } from '@iam/local-stack/ports'
import { type Environment, type Stack, startStack } from '@iam/local-stack/stack'
import { startTcpProxy, type TcpProxy } from '@iam/local-stack/tcp-proxy'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { cheapHashes } from '../support/cheap-hashes.ts'
import { type Answer, call, logIn, post, refresh, type Tokens, untilServed } from '../support/client.ts'
import { subscribe } from '../support/events.ts'
import { linkMailTo, mailsTo } from '../support/mailbox.ts'
import { startInstance } from '../support/start-instance.ts'
import { Traffic } from '../support/traffic.ts'

const sessionById = 'select from iam.session where id = $1'

describe('killed with -9', { timeout: 480_000 }, () => {
  let stack: Stack
  let redisOfApi: TcpProxy
  let admin: pg.Client
  let apiEnvironment: Environment
  let workerEnvironment: Environment
  beforeAll(async () => {
    stack = await startStack({
      durable: true,
      adjust: async (program, environment) => {
        if (program === 'iam-api') {
          redisOfApi = await startTcpProxy({ port: portOf(environment['REDIS_URL']) })
          apiEnvironment = { ...environment, ...cheapHashes }
          // Two commands in a row that get no answer, and that the one connection is given up only after both.
          const redis = { REDIS_URL: `redis://127.0.0.1:${redisOfApi.port}`, REDIS_TIMEOUT_MS: '500' }
          return { ...apiEnvironment, ...redis }
        }
        if (program === 'iam-worker') {
          workerEnvironment = { ...environment, IAM_RELAY_LEASE_SECONDS: '2' }
          return workerEnvironment
        }
        return environment
      },
    })
    admin = new pg.Client({ connectionString: stack.state.database.superuserUrl })
    await admin.connect()
  })
  afterAll(async () => {
    await admin.end()
    await stack.stop()
    redisOfApi.close()
  })

  /** Another instance beside the stack's own, ready and on a Redis that nobody breaks. @returns its address. */
  async function anotherApi(): Promise<string> {
    const port = await freePort()
    const instance = startInstance('iam-api', { ...apiEnvironment, PORT: String(port) })
    onTestFinished(() => void instance.kill('SIGKILL'))
    const base = `http://127.0.0.1:${port}`
    const status = () =>
      call(`${base}/health/ready`).then(
        (answer) => answer.status,
        () => 0,
      )
    await expect.poll(status, { timeout: 60_000 }).toBe(200)
    return base
  }

  /**
   * Kills iam-api between what it commits and its reply, which a Redis that has fallen silent keeps back for a
   * moment. On a busy machine the moment can be missed: then this is done again with another request.
   * @param begin what is to be lost, and whether it was committed.
   * @returns the one that was lost. iam-api is away then; see `bringBack`.
   */
  async function loseReply<T extends { send: () => Promise<Answer>; committed: () => Promise<boolean> }>(
    begin: () => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const request = await begin()
      let answered = false
      redisOfApi.fallSilent()
      const over = request.send().then(
        () => void (answered = true),
        () => undefined,
      )
      await expect
        .poll(async () => answered || request.committed(), { timeout: 60_000, interval: 2 })
        .toBe(true)
      await stack.program('iam-api').kill()
      await over
      if (!answered && (await request.committed())) return request
      await bringBack()
    }
  }

  async function bringBack(): Promise<void> {
    await redisOfApi.heal()
    await stack.program('iam-api').start()
  }

  async function generationOf(tokens: Tokens): Promise<number> {
    const found = await admin.query<{ generation: string }>(
      'select generation from iam.refresh_family where session_id = $1',
      [tokens.session.id],
    )
    return Number(found.rows[0]?.generation)
  }

  test('C55, C56: iam-api between commit and reply: 64 retries at once all get the successor that was made', async () => {
    const { state } = stack
    const another = await anotherApi() // ready by then: ten seconds after the commit it would be too late
    const { tokens } = await loseReply(async () => {
      const tokens = await logIn(state)
      return {
        tokens,
        send: () => refresh(state, tokens.refreshToken, state.api.url),
        committed: async () => (await generationOf(tokens)) === 2,
      }
    })
    const retry = () => untilServed(() => refresh(state, tokens.refreshToken, another))
    const retried = await Promise.all(Array.from({ length: 64 }, retry))
    expect(new Set(retried.map((answer) => answer.status))).toEqual(new Set([200]))
    const successors = new Set(retried.map((answer) => String(answer.body['refreshToken'])))
    expect(successors.size).toBe(1)
    expect(await generationOf(tokens)).toBe(2)
    await bringBack()
    const last = await untilServed(() => refresh(state, [...successors][0] ?? ''))
    expect(last.status).toBe(200)
  })

  test('C53: iam-api between the burn of a stolen token and the reply: person, audit and consumers are told', async () => {
    const { state } = stack
    const sessions = await subscribe(state, 'session')
    const exchange = (refreshToken: string, agent: string, base = state.issuer) =>
      post(base, '/auth/refresh', { refreshToken }, { 'user-agent': `${agent}/1.0` })
    const survivor = await logIn(state)
    await sleep(1_100) // a login of the very second of the theft counts as one after it
    const { id } = await loseReply(async () => {
      const stolen = await logIn(state)
      const { id } = stolen.session
      expect((await untilServed(() => exchange(stolen.refreshToken, 'owner'))).status).toBe(200)
      await admin.query(
        `update iam.refresh_family set rotated = array[rotated[1] - interval '1 minute'] where session_id = $1`,
        [id],
      )
      const ended = `${sessionById} and revoked_at is not null`
      return {
        id,
        send: () => exchange(stolen.refreshToken, 'thief', state.api.url),
        committed: async () => (await admin.query(ended, [id])).rowCount === 1,
      }
    })
    await bringBack()

    const told = async () => (await mailsTo(state, state.user.email)).find((text) => text.includes('thief'))
    await expect.poll(told, { timeout: 90_000 }).toMatch(/\bowner\b[^]*\bthief\b/)
    const audited = await admin.query<{ action: string }>(
      'select action from iam.audit_event where target_id = $1 order by xid desc limit 2',
      [id],
    )
    expect(audited.rows.map(({ action }) => action)).toEqual(['session.reuse_described', 'session.revoked'])
    const revoked = () => sessions.of(id).find(({ subject }) => subject.includes('revoked'))?.payload
    await expect
      .poll(revoked, { timeout: 60_000 })
      .toMatchObject({ reason: 'refresh_reused', elsewhere: true })
    expect((await refresh(state, survivor.refreshToken)).body).toMatchObject({ stepUpRequired: true })
    await sessions.close()
  })

  test('C179: iam-api between the use of a mailed link and the reply: it is used, and the person asks again', async () => {
    const { state } = stack
    const { email } = state.user
    const tenant = { 'x-tenant-id': state.tenant.slug }
    const send = (path: string, body: object, base = state.issuer) =>
      post(base, `/auth/magic-link/${path}`, body, tenant)
    const ask = async (known: readonly string[] = []) => {
      const { body } = await send('request', { email })
      const { link, token } = await linkMailTo(state, email, known)
      return { link, proof: { request: body['request'], token } }
    }
    const used = async () =>
      (await admin.query('select from iam.magic_link where consumed_at is not null')).rowCount ?? 0
    const links: string[] = []
    const first = await loseReply(async () => {
      const { link, proof } = await ask(links)
      links.push(link)
      const before = await used()
      return {
        proof,
        send: () => send('consume', proof, state.api.url),
        committed: async () => (await used()) > before,
      }
    })
    await bringBack()
    expect((await send('consume', first.proof)).body['code']).toBe('code_invalid')
    const { request } = first.proof
    // The cache was not told, and says otherwise for a few seconds; it lets nobody in.
    const status = async () => (await send('status', { request })).body['status']
    await expect.poll(status, { timeout: 60_000, interval: 500 }).toBe('ended')
    const again = await ask(links)
    expect((await send('consume', again.proof)).status).toBe(200)
    const sessions = await admin.query("select from iam.session where amr = '{email}'")
    expect(sessions.rowCount).toBe(links.length + 1)
  })

  test('C251: one of two relays between publish and advance, with 20 clients on one stream: nothing is lost, nothing comes out of turn', async () => {
    const { state } = stack
    const second = startInstance('iam-worker', { ...workerEnvironment, PORT: '0' })
    const pubsub = new EmulatorControl(state.pubsub.endpoint)
    onTestFinished(async () => {
      await pubsub.clear()
      pubsub.close()
      second.kill('SIGKILL')
    })
    const users = await subscribe(state, 'user')
    const { user } = await logIn(state)
    await expect.poll(async () => (await owners()).size, { timeout: 60_000 }).toBe(2)
    const wrong = { email: state.user.email, password: 'wrong' }
    const tenant = { 'x-tenant-id': state.tenant.slug }
    const clients = Array.from(
      { length: 20 },
      () => new Traffic(() => post(state.issuer, '/auth/login', wrong, tenant)),
    )
    await expect.poll(() => users.of(user.id).length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(10)
    // Pub/Sub takes what is published, and keeps its answer back: the relay cannot advance past what is here.
    const late = { service: 'Publisher', method: 'Publish', latencyMs: 8_000, afterEffect: true }
    await pubsub.inject(late)
    let here: string[] = []
    const stuck = async () => {
      here = users.events.map((event) => event.eventId)
      await sleep(300) // what was on its way past is past
      return countPastCursor(here)
    }
    await expect.poll(stuck, { timeout: 30_000 }).toBeGreaterThan(0)
    process.kill(await relayOf(`${state.tenant.id}:${user.id}`), 'SIGKILL')
    expect(await countPastCursor(here)).toBeGreaterThan(0)
    await pubsub.clear()
    await Promise.all(clients.map((client) => client.stop()))
    const attempts = clients.reduce((sum, client) => sum + client.count(401), 0)
    const sequences = () => users.of(user.id).map((event) => event.sequence)
    await expect.poll(() => sequences().length, { timeout: 60_000 }).toBeGreaterThanOrEqual(attempts + 1)
    const first = sequences()[0] ?? 0
    expect(sequences()).toEqual(sequences().map((_, n) => first + n))
    expect(users.events.filter((event) => event.orderingKey.endsWith(user.id)).length).toBeGreaterThan(
      sequences().length,
    )
    await users.close()
  })

  /** How many of these events the cursors do not know to be published. */
  async function countPastCursor(eventIds: string[]): Promise<number> {
    const found = await admin.query<{ n: number }>(
      `select count(*)::int as n from iam.outbox o join iam.relay_lease l on l.partition = o.partition
        where (o.xid, o.id) > (l.cursor_xid, l.cursor_id) and o.event_id = any($1)`,
      [eventIds],
    )
    return found.rows[0]?.n ?? 0
  }

  async function owners(): Promise<Set<string>> {
    const found = await admin.query<{ owner: string }>(
      'select owner from iam.relay_lease where expires_at > iam.now()',
    )
    return new Set(found.rows.map((row) => row.owner))
  }

  /** The process that relays a stream now: its number is the middle part of the lease's owner. */
  async function relayOf(stream: string): Promise<number> {
    const found = await admin.query<{ owner: string }>(
      'select owner from iam.relay_lease where partition = (hashtextextended($1, 0) & 7)',
      [stream],
    )
    return Number(found.rows[0]?.owner.split('-').at(-2))
  }
})

function portOf(url: string | undefined): number {
  return Number(new URL(url ?? '').port)
}
