import { defineConfig } from 'vitest/config'

const services = './test/support/global-services.ts'

// Modules are not isolated from file to file: nothing here mocks one, and starting each file afresh would take
// five times as long. Suites that start processes of their own stand in `test/` and are shown apart.
export default defineConfig({
  test: {
    isolate: false,
    maxWorkers: 2,
    // For a machine that is ten times slower than ours, at moments: what holds does so in a fraction of this.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 15_000 } },
    // Google's clients would ask around for a metadata server.
    env: { METADATA_SERVER_DETECTION: 'none' },
    provide: { long: process.env['IAM_TEST_LONG'] === '1', seed: Number(process.env['IAM_TEST_SEED'] ?? 0) },
    projects: [
      {
        extends: true,
        test: {
          name: 'code',
          include: [
            'packages/*/src/**/*.test.ts',
            'apps/*/src/**/*.test.ts',
            'tools/**/*.test.ts',
            'test/{config,http,tenancy}/*.test.ts',
            'test/bench/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', 'packages/{emulator,local-stack}/**'],
          globalSetup: [services],
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/{e2e,chaos}/*.test.ts', 'packages/{emulator,local-stack}/src/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
