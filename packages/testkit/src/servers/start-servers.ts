import { prepareDatabase, startPostgres } from '@iam/local-stack/postgres'
import { startRedis } from '@iam/local-stack/redis'
import { prepareTemplate } from './prepare-template.ts'

/** What every test of a run shares: where the servers are, and nothing that lives in this process. */
export interface Services {
  /** The administrator's connection; `testDatabase` makes databases with it. */
  readonly postgresUrl: string
  readonly postgresPort: number
  readonly redisUrl: string
}

/** Starts Postgres, with the template that test databases are copied from, and Redis. */
export async function startServers(): Promise<{ services: Services; stop: () => Promise<void> }> {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
  await prepareDatabase(postgres, 'iam_template')
  await prepareTemplate((role) => postgres.urlFor(role, 'iam_template'))
  return {
    services: { postgresUrl: postgres.superuserUrl, postgresPort: postgres.port, redisUrl: redis.url },
    stop: async () => {
      await Promise.all([postgres.stop(), redis.stop()])
    },
  }
}
