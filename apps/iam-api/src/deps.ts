import type { VerifiedTokens } from '@iam/domain/access-token'
import type { Passwords } from '@iam/domain/credential'
import type { ExportStore } from '@iam/domain/data-request'
import type { Db } from '@iam/domain/db'
import type { Clock, Monotonic } from '@iam/domain/kit'
import type { Limiter } from '@iam/domain/limit'
import type { SigningAlg } from '@iam/domain/key-set'
import type { RiskSources } from '@iam/domain/risk'
import type { LinkStates } from '@iam/domain/magic-link'
import type { SecretRings } from '@iam/domain/secret-key'
import type { IssuedSession, RefreshFlights, RevocationFeed, SessionCache } from '@iam/domain/session'
import type { SigningKeys } from '@iam/domain/signing-key'
import type { TenantDirectory } from '@iam/domain/tenant'
import type { Logger } from '@iam/platform/logging'
import type { HttpMetrics } from '@iam/platform/metrics'
import type { Tracing } from '@iam/platform/telemetry'
import type { Readiness } from './readiness.ts'

/** Everything that a route or a verb of iam-api may touch. */
export interface Deps {
  readonly issuer: string
  /** What our access tokens must be for when they are presented here. */
  readonly audience: string
  readonly region: string
  /** The cloud project, which names the traces in the log. */
  readonly project: string
  readonly clock: Clock
  readonly monotonic: Monotonic
  readonly db: Db
  readonly secrets: SecretRings
  readonly signingKeys: SigningKeys
  /** What the deployment has keys for; the first is the usual one. */
  readonly signingAlgs: readonly SigningAlg[]
  readonly verifiedTokens: VerifiedTokens
  readonly passwords: Passwords
  readonly sessionCache: SessionCache
  readonly linkStates: LinkStates
  readonly revocations: RevocationFeed
  readonly refreshFlights: RefreshFlights<IssuedSession>
  readonly tenants: TenantDirectory
  /** Where exports of personal data are; undefined where none are made. */
  readonly exports: ExportStore | undefined
  readonly limiter: Limiter
  readonly risk: RiskSources
  readonly readiness: Readiness
  readonly metrics: HttpMetrics
  readonly tracing: Tracing
  readonly log: Logger
}
