import { startServers, type Services } from '@iam/testkit/servers'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    services: Services
    /** True for `npm run test:long`: loops run many times longer. */
    long: boolean
    /** Where chance begins in the tests that kill at random; 0 for anywhere. */
    seed: number
  }
}

/** One Postgres and one Redis for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { services, stop } = await startServers()
  project.provide('services', services)
  return stop
}
