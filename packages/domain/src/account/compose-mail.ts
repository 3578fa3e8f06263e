import { challengeKinds, mailedDigits, usableChallenge } from '../challenge/index.ts'
import { exportToken, type ExportToken } from '../data-request/index.ts'
import { inTenant, run, streamKey, type Db, type Executor } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import { mailMagicLink, type MailedMagicLink } from '../magic-link/index.ts'
import { locales, openAddress, type Locale, type MailTemplate, type QueuedMail } from '../mail/index.ts'
import {
  oneTimePurposes,
  spellOneTimeCode,
  type OneTimeCode,
  type OneTimePurpose,
} from '../one-time-code/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { describeReuse } from '../session/index.ts'
import { findTenant, findTenantPolicy, type TenantPolicy } from '../tenant/index.ts'
import { findUser, findUserByEmail, type User } from '../user/index.ts'
import type { ComposedMail, Letter } from './composed-mail.ts'
import { mailOneTimeCode } from './mail-one-time-code.ts'
import { breachFacts } from './breach-facts.ts'
import { askedFromFacts, newDeviceFacts, reuseFacts } from './new-device-facts.ts'
import { sayElsewhere, type Elsewhere } from './say-elsewhere.ts'

export type ComposeDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly issuer: string
}

/**
 * Decides what a queued mail says and to whom, now that it is to be sent: who asked did not learn whether there
 * is an account. Composing it again says the same.
 * @returns undefined when there is nothing to say any more.
 */
export async function composeMail(deps: ComposeDeps, mail: QueuedMail): Promise<ComposedMail | undefined> {
  const { tenantId } = mail
  const address = openAddress(deps, mail)
  const known = await inTenant(deps.db, { tenantId }, (tx) => addressee(tx, mail, address))
  const scope = known === undefined ? { tenantId } : { tenantId, streams: [streamKey(tenantId, known.id)] }
  return inTenant(deps.db, scope, async (tx) => {
    const tenant = await findTenant(tx, tenantId)
    const user = known === undefined ? undefined : await findUser(tx, tenantId, known.id)
    const policy = await findTenantPolicy(tx, tenantId)
    if (tenant === undefined || tenant.status !== 'active' || policy === undefined) return undefined
    const said = await say(deps, tx, { mail, user, address, policy })
    if (said === undefined) return undefined
    return {
      to: said.to,
      locale: localeOf(user, mail),
      letter: said.letter,
      tenantName: tenant.name,
      ...linked(deps, { slug: tenant.slug, said }),
      params: { ...mail.params, ...said.params },
    }
  })
}

type Saying = {
  readonly mail: QueuedMail
  readonly user: User | undefined
  readonly address: string | undefined
  readonly policy: TenantPolicy
}

type Said = {
  readonly to: string
  readonly letter: Letter
  readonly page?: string
  readonly code?: OneTimeCode
  readonly mailed?: MailedMagicLink
  readonly token?: ExportToken
  /** Digits that come without a link. */
  readonly typed?: { readonly digits: string; readonly minutes: number }
  /** Facts that are known only now. */
  readonly params?: Readonly<Record<string, string>>
}

async function addressee(
  tx: Executor,
  mail: QueuedMail,
  address: string | undefined,
): Promise<User | undefined> {
  if (mail.userId !== null) return findUser(tx, mail.tenantId, mail.userId)
  return address === undefined ? undefined : findUserByEmail(tx, mail.tenantId, address)
}

/** What to say by the kind of mail that was queued. A composer answers undefined when that has been overtaken. */
const composers: Partial<
  Record<MailTemplate, (deps: ComposeDeps, tx: Executor, saying: Saying) => Promise<Said | undefined>>
> = {
  registration: async (deps, tx, { mail, user, address }) => {
    if (user !== undefined) return withCode(deps, tx, { mail, user, ...letters.verification })
    return address === undefined ? undefined : alreadyRegistered(address)
  },
  verify_email: async (deps, tx, { mail, user }) =>
    user === undefined ? undefined : withCode(deps, tx, { mail, user, ...letters.verification }),
  invitation: async (deps, tx, { mail, user }) =>
    user === undefined ? undefined : withCode(deps, tx, { mail, user, ...letters.invitation }),
  reset_password: async (deps, tx, { mail, user, address, policy }) => {
    if (user !== undefined) return withCode(deps, tx, { mail, user, ...letters.reset })
    const page = policy.selfRegistration ? { page: 'register' } : {}
    return address === undefined ? undefined : { to: address, letter: 'no_account', ...page }
  },
  change_email: async (deps, tx, { mail, user, address }) => {
    if (user === undefined || address === undefined) return undefined
    if ((await findUserByEmail(tx, mail.tenantId, address)) !== undefined) return alreadyRegistered(address)
    return withCode(deps, tx, { mail, user, subject: address, ...letters.change })
  },
  new_device: newDevice,
  session_stolen: sessionStolen,
  breach_found: breachFound,
  data_export: dataExport,
  magic_link: magicLink,
  login_code: loginCode,
  email_changed: async (deps, tx, { mail, user, address }) =>
    user === undefined || address === undefined
      ? undefined
      : withCode(deps, tx, { mail, user, subject: address, ...letters.undo }),
}

/** What is said elsewhere of a new device has the same facts. */
async function withFacts(
  deps: ComposeDeps,
  tx: Executor,
  { said, saying }: { said: Elsewhere | undefined; saying: Saying },
): Promise<Said | undefined> {
  if (said?.letter !== 'new_device_elsewhere') return said
  const usual = await newDevice(deps, tx, saying)
  return usual && { ...usual, ...said }
}

async function newDevice(deps: ComposeDeps, tx: Executor, { mail, user }: Saying): Promise<Said | undefined> {
  if (user === undefined || user.status === 'erased') return undefined
  const params = await newDeviceFacts(deps, tx, {
    user,
    sessionId: mail.params['sessionId'] ?? '',
    locale: localeOf(user, mail),
  })
  return { to: user.email, letter: 'new_device', page: 'account', params }
}

/** Both parties of a reuse, for the person to tell which one is theirs; nothing where a lost reply explains it. */
async function sessionStolen(
  deps: ComposeDeps,
  tx: Executor,
  { mail, user }: Saying,
): Promise<Said | undefined> {
  if (user === undefined || user.status === 'erased') return undefined
  const { tenantId, params } = mail
  const session = { tenantId, userId: user.id, sessionId: params['sessionId'] ?? '' }
  const reuse = await describeReuse(deps, tx, session)
  if (reuse?.isAlarming !== true) return undefined
  const facts = reuseFacts(localeOf(user, mail), reuse)
  return { to: user.email, letter: 'session_stolen', page: 'account', params: facts }
}

/** The breaches of other services that the person's address was found in. */
async function breachFound(
  _deps: ComposeDeps,
  tx: Executor,
  { mail, user }: Saying,
): Promise<Said | undefined> {
  const { foundAt } = mail.params
  if (user?.status !== 'active' || foundAt === undefined) return undefined
  const params = await breachFacts(tx, { user, foundAt })
  return params && { to: user.email, letter: 'breach_found', page: 'account', params }
}

/** The link to everything that is known of the person; nothing once it opens nothing any more. */
async function dataExport(
  deps: ComposeDeps,
  tx: Executor,
  { mail, user }: Saying,
): Promise<Said | undefined> {
  if (user?.status !== 'active') return undefined
  const id = (mail.params['request'] ?? '') as Id<'dsr'>
  const token = await exportToken(deps, tx, { tenantId: mail.tenantId, userId: user.id, id })
  return token && { to: user.email, letter: 'data_export', page: 'account/data', token }
}

/** Who asked learns nothing; the mailbox is told why no link comes, where none does. */
async function magicLink(
  deps: ComposeDeps,
  tx: Executor,
  { mail, user, address, policy }: Saying,
): Promise<Said | undefined> {
  if (!policy.magicLinks || address === undefined) return undefined
  if (user === undefined) {
    const page = policy.selfRegistration && policy.passwordLogin ? { page: 'register' } : {}
    return { to: address, letter: 'magic_link_no_account', ...page }
  }
  if (user.status !== 'active') return closedTo(user, policy)
  const { tenantId } = mail
  const mailed = await mailMagicLink(deps, tx, { tenantId, userId: user.id, link: mail.params['link'] ?? '' })
  if (mailed === undefined) return undefined
  const params = askedFromFacts(localeOf(user, mail), mailed.askedFrom)
  return { to: user.email, letter: 'magic_link', page: 'magic-link', mailed, params }
}

/** The digits that a login waits for; nothing once it has been answered, or is too old. */
async function loginCode(deps: ComposeDeps, tx: Executor, { mail, user }: Saying): Promise<Said | undefined> {
  if (user?.status !== 'active') return undefined
  const { tenantId, params } = mail
  const id = params['challenge'] as Id<'cha'>
  const [challenge] = await run(tx, usableChallenge({ tenantId, id, now: deps.clock() }))
  if (challenge?.userId !== user.id) return undefined
  const typed = { digits: mailedDigits(deps, challenge), minutes: challengeKinds[challenge.kind] / 60 }
  return { to: user.email, letter: 'login_code', typed, params: { challenge: '' } }
}

/** What a person reads instead whose account lets nobody in. Who was erased meanwhile has no address to be mailed at. */
function closedTo({ email, status }: User, { passwordLogin }: TenantPolicy): Said | undefined {
  if (status === 'erased') return undefined
  if (status === 'suspended') return { to: email, letter: 'account_suspended' }
  if (!passwordLogin) return { to: email, letter: 'account_locked_elsewhere' }
  return { to: email, letter: 'account_locked', page: 'forgotten-password', params: { by: 'administrator' } }
}

/** Where what tells of something leads to what can be done about it. */
const pages: Partial<Record<MailTemplate, string>> = {
  account_locked: 'forgotten-password',
  password_breached: 'forgotten-password',
  factor_added: 'account/factors',
  factor_removed: 'account/factors',
  passkey_copied: 'account/factors',
  recovery_code_used: 'account/factors',
  recovery_codes_renewed: 'account/factors',
}

async function say(deps: ComposeDeps, tx: Executor, saying: Saying): Promise<Said | undefined> {
  const { mail, user, policy } = saying
  const elsewhere = policy.passwordLogin ? 'as_usual' : sayElsewhere({ ...mail, ...saying })
  if (elsewhere !== 'as_usual') return withFacts(deps, tx, { said: elsewhere, saying })
  const compose = composers[mail.template]
  if (compose !== undefined) return compose(deps, tx, saying)
  if (user === undefined || user.status === 'erased') return undefined
  const page = pages[mail.template] ?? 'account'
  return { to: user.email, letter: mail.template as Letter, page }
}

/** The letters that carry a code: what it is for, where its link leads, and who may still have it. */
const letters = {
  verification: { purpose: 'verify_email', letter: 'verify_email', page: 'verify-email' },
  invitation: { purpose: 'invitation', letter: 'invitation', page: 'reset-password' },
  reset: { purpose: 'reset_password', letter: 'reset_password', page: 'reset-password' },
  change: { purpose: 'change_email', letter: 'change_email', page: 'confirm-email' },
  undo: { purpose: 'undo_email_change', letter: 'email_changed', page: 'undo-email' },
} as const satisfies Record<string, { purpose: OneTimePurpose; letter: Letter; page: string }>

type WithCode = (typeof letters)[keyof typeof letters] & {
  readonly mail: QueuedMail
  readonly user: User
  readonly subject?: string
}

async function withCode(deps: ComposeDeps, tx: Executor, input: WithCode): Promise<Said | undefined> {
  const { user, purpose, letter, page, subject } = input
  if (!mayReceive(user, purpose)) return undefined
  const code = await mailOneTimeCode(deps, tx, input)
  return code === undefined ? undefined : { to: subject ?? user.email, letter, page, code }
}

/**
 * A locked account is opened again by a reset; an address is confirmed once; a change of it is undone whoever locked the
 * account. Nobody who was erased is mailed, nor is their address kept again with a code.
 */
function mayReceive(user: User, purpose: OneTimePurpose): boolean {
  if (purpose === 'verify_email') return user.status === 'active' && user.emailVerifiedAt === null
  if (purpose === 'reset_password') return user.status === 'active' || user.status === 'locked'
  return user.status === 'active' || (purpose === 'undo_email_change' && user.status !== 'erased')
}

function alreadyRegistered(to: string): Said {
  return { to, letter: 'already_registered', page: 'sign-in' }
}

function localeOf(user: User | undefined, mail: QueuedMail): Locale {
  return locales.find((locale) => locale === (user?.locale ?? mail.locale)) ?? 'en'
}

/** The link's origin is the deployment's own name, whatever the request that asked for the mail said (C175). */
function linked({ issuer, secrets, clock }: ComposeDeps, { slug, said }: { slug: string; said: Said }) {
  const { page, code, mailed, typed, token: bare } = said
  if (typed !== undefined) return { link: undefined, ...typed }
  const base = page === undefined ? undefined : `${issuer}/t/${slug}/${page}`
  if (base !== undefined && mailed !== undefined) {
    const { token, digits, minutes } = mailed
    return { link: `${base}?token=${token}`, digits, minutes }
  }
  if (base !== undefined && bare !== undefined)
    return { link: `${base}?token=${bare.token}`, digits: undefined, minutes: bare.minutes }
  if (base === undefined || code === undefined) return { link: base, digits: undefined, minutes: undefined }
  const { token, digits } = spellOneTimeCode({ secrets }, code, clock())
  return {
    link: `${base}?token=${token}`,
    digits: code.purpose === 'verify_email' ? digits : undefined,
    minutes: oneTimePurposes[code.purpose] / 60,
  }
}
