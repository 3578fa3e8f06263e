import { appendAudit } from '../audit/index.ts'
import { inOneFlight, type Db, type Statement } from '../db/index.ts'
import { Refusal, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import {
  findUsableCode,
  readOneTimeLink,
  type OneTimeCode,
  type OneTimePurpose,
  type PresentedLink,
} from '../one-time-code/index.ts'
import { inTenant } from '../db/index.ts'
import type { SecretRings } from '../secret-key/index.ts'

type Deps = { readonly db: Db; readonly clock: Clock; readonly secrets: SecretRings }

/** Reads a mailed link. @throws Refusal `code_invalid` for one that is not ours, of another tenant, or made for something else. */
export function readLink(
  deps: Deps,
  purposes: OneTimePurpose | readonly OneTimePurpose[],
  { tenantId, token }: { readonly tenantId: Id<'ten'>; readonly token: string },
): PresentedLink {
  for (const purpose of [purposes].flat()) {
    const link = readOneTimeLink(deps, purpose, token)
    if (link?.tenantId === tenantId) return link
  }
  throw new Refusal('code_invalid')
}

/** The code behind a link, not used up by this. @throws Refusal `code_invalid` when it cannot be used any more. */
export async function usableCodeOf(deps: Deps, { tenantId, id }: PresentedLink): Promise<OneTimeCode> {
  const now = deps.clock()
  const code = await inTenant(deps.db, { tenantId }, (tx) => findUsableCode(tx, { tenantId, id, now }))
  if (code === undefined) throw new Refusal('code_invalid')
  return code
}

/** Records that a link or code was refused, and refuses it. */
export async function refuseCode(
  deps: Deps,
  refused: {
    readonly tenantId: Id<'ten'>
    readonly purpose: OneTimePurpose
    readonly userId?: string
    readonly subjectHmac?: Buffer
    readonly origin: RequestOrigin
  },
): Promise<never> {
  await inOneFlight(deps.db, { tenantId: refused.tenantId }, [refusedCode(deps, refused)])
  throw new Refusal('code_invalid')
}

/** The audit row of a code that was refused. */
export function refusedCode(deps: Pick<Deps, 'clock'>, refused: Parameters<typeof refuseCode>[1]): Statement {
  const { tenantId, purpose, userId, subjectHmac, origin } = refused
  return appendAudit({
    tenantId,
    at: deps.clock(),
    actor: { type: 'anonymous' },
    action: 'one_time_code.refused',
    target: { type: 'user', id: userId },
    outcome: 'refused',
    reason: purpose,
    ...(subjectHmac === undefined ? {} : { subjectHmac }),
    origin,
  })
}
