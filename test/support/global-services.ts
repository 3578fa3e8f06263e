import { startServers, type Services } from '@iam/testkit/servers'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    services: Services
    /** True for `npm run test:long`: loops run many times longer. */
    long: boolean
  }
}

/** One Postgres and one Redis for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { services, stop } = await startServers()
  project.provide('services', services)
  project.provide('long', process.env['IAM_TEST_LONG'] === '1')
  return stop
}
