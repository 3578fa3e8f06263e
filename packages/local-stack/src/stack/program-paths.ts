import { join } from 'node:path'

/** The file that each of our own programs is started from. */
export interface ProgramPaths {
  google: string
  storage: string
  mail: string
  edge: string
  cli: string
  worker: string
  jwks: string
  api: string
}

/** Those of a checkout. */
export function programPaths(checkout: string): ProgramPaths {
  return {
    google: join(checkout, 'packages/emulator/src/google/main.ts'),
    storage: join(checkout, 'packages/emulator/src/storage/main.ts'),
    mail: join(checkout, 'packages/local-stack/src/mail/main.ts'),
    edge: join(checkout, 'packages/local-stack/src/edge/main.ts'),
    cli: join(checkout, 'packages/cli/src/main.ts'),
    worker: join(checkout, 'apps/iam-worker/src/main.ts'),
    jwks: join(checkout, 'apps/iam-jwks/src/main.ts'),
    api: join(checkout, 'apps/iam-api/src/main.ts'),
  }
}
