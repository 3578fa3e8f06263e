import { inTenant, run, streamKey, type Executor } from '../db/index.ts'
import { Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import {
  consumeOneTimeCode,
  countWrongGuess,
  fitsOneTimeCode,
  lockNewestCode,
  type OneTimeCode,
} from '../one-time-code/index.ts'
import { subjectHmacOf } from '../session/index.ts'
import { confirmEmail, findUser, findUserByEmail, normaliseEmail } from '../user/index.ts'
import type { AccountDeps } from './deps.ts'
import { readLink, refuseCode, refusedCode, usableCodeOf } from './use-code.ts'

type Deps = Pick<AccountDeps, 'db' | 'clock' | 'secrets'>
type From = { readonly tenantId: Id<'ten'>; readonly origin: RequestOrigin }

const purpose = 'verify_email'

/** Confirms an address by the link that was mailed to it. @throws Refusal `code_invalid`. */
export async function verifyEmailByLink(deps: Deps, input: From & { readonly token: string }): Promise<void> {
  const { tenantId, origin } = input
  const link = readLink(deps, purpose, input)
  const { userId } = await usableCodeOf(deps, link)
  const verified = await inTenant(
    deps.db,
    { tenantId, streams: [streamKey(tenantId, userId)] },
    async (tx) => {
      const code = await consumeOneTimeCode(tx, { ...link, now: deps.clock() })
      return code !== undefined && (await confirm(deps, tx, { code, origin }))
    },
  )
  if (!verified) await refuseCode(deps, { tenantId, purpose, userId, origin })
}

/**
 * Confirms an address by the digits that were mailed to it. Five wrong ones void the code. An address that
 * nobody has is answered like wrong digits, after the same statements.
 * @throws Refusal `code_invalid`.
 */
export async function verifyEmailByCode(
  deps: Deps,
  input: From & { readonly email: string; readonly code: string },
): Promise<void> {
  const { tenantId, origin } = input
  const now = deps.clock()
  const email = normaliseEmail(input.email)
  const user = await inTenant(deps.db, { tenantId }, (tx) => findUserByEmail(tx, tenantId, email))
  const userId = user?.id ?? ''
  const verified = await inTenant(
    deps.db,
    { tenantId, streams: [streamKey(tenantId, userId)] },
    async (tx) => {
      const code = await lockNewestCode(tx, { tenantId, userId, purpose, now })
      if (code !== undefined && fitsOneTimeCode(deps, code, input.code)) {
        await consumeOneTimeCode(tx, { tenantId, id: code.id, now })
        return confirm(deps, tx, { code, origin })
      }
      await countWrongGuess(tx, { tenantId, id: code?.id ?? '' })
      const subjectHmac = subjectHmacOf(deps, tenantId, email)
      await run(tx, refusedCode(deps, { tenantId, purpose, subjectHmac, origin }))
      return false
    },
  )
  if (!verified) throw new Refusal('code_invalid')
}

/** @returns false when the person has another address by now. */
async function confirm(
  deps: Deps,
  tx: Executor,
  { code, origin }: { code: OneTimeCode; origin: RequestOrigin },
): Promise<boolean> {
  const user = await findUser(tx, code.tenantId as Id<'ten'>, code.userId)
  return user !== undefined && confirmEmail(tx, user, { at: deps.clock(), origin })
}
