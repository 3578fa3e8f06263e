import type { Executor } from '../db/index.ts'
import type { SecretPurpose } from './secret-purposes.ts'

/** Rows that name the version of a secret that they need. */
export interface SecretUse {
  /** What they are, for an operator. */
  readonly what: string
  /** Whether any of any tenant names this version, which a newer one has taken over from. For iam-worker. */
  readonly isNamed: (db: Executor, version: number) => Promise<boolean>
  /** How many of a tenant's name which version. */
  readonly count: (tx: Executor, tenantId: string) => Promise<readonly VersionCount[]>
}

export interface VersionCount {
  readonly version: number
  readonly rows: number
}

/** Where the versions of secrets are named. */
export type SecretUses = { readonly [K in SecretPurpose]?: readonly SecretUse[] }
