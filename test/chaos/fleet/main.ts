// A worker with the roles relay and inbox and nothing else. It loads everything and waits for a word, so that one can
// stand ready behind each that is killed.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { flushCompileCache } from 'node:module'
import { keyingAudit } from '@iam/domain/audit'
import type { Database } from '@iam/domain/db'
import { loadSecretKeys, SecretRings } from '@iam/domain/secret-key'
import { openLogger } from '@iam/platform/logging'
import { openPostgres } from '@iam/platform/postgres'
import { openPublisher, openSubscriber } from '@iam/platform/pubsub'
import { openRedis } from '@iam/platform/redis'
import { WorkMetrics } from '@iam/platform/metrics'
import { Tracing } from '@iam/platform/telemetry'
import { testWrapping } from '@iam/testkit/kms'
import { startInbox } from '../../../apps/iam-worker/src/inbox/start-inbox.ts'
import { startRelay } from '../../../apps/iam-worker/src/relay/start-relay.ts'
import type { MemberSetup } from './fleet.ts'

const setup = JSON.parse(process.argv[2] ?? '') as MemberSetup
process.on('disconnect', () => process.exit(0)) // the test is gone, however it went

const secrets = new SecretRings()
const { kysely, flights } = openPostgres<Database>({
  url: setup.databaseUrl,
  poolSize: 10,
  beforeWriting: keyingAudit(secrets.of('audit')),
})
const db = { kysely, flights }
const { deployment, pubsubEndpoint: endpoint } = setup
await loadSecretKeys({ db, wrapping: testWrapping, deployment, secrets })
const pubsub = { projectId: deployment.project, endpoint }
for (const client of [await openPublisher(pubsub), await openSubscriber(pubsub)]) await client.close()

flushCompileCache() // a killed process writes none
process.send?.('ready')
await once(process, 'message')
const context = {
  config: { ...setup, audience: deployment.issuer },
  log: openLogger({ service: 'fleet', level: setup.logLevel }),
  owner: `fleet-${process.pid}-${randomBytes(4).toString('hex')}`,
  db,
  redis: openRedis(setup.redisUrl).client,
  clock: () => new Date(),
  secrets,
  tracing: new Tracing(),
  metrics: new WorkMetrics(),
}
await startRelay(context, [])
await startInbox(context, secrets, [])
