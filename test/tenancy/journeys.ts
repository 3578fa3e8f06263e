import {
  changePassword,
  confirmEmailChange,
  registerUser,
  requestEmailChange,
  requestPasswordReset,
  resetPassword,
  verifyEmailByCode,
  verifyEmailByLink,
} from '@iam/domain/account'
import { verifyAccessToken } from '@iam/domain/access-token'
import { ensureAuditPartitions } from '@iam/domain/audit'
import { deleteOldChallenges } from '@iam/domain/challenge'
import { pinTokenAlgorithm } from '@iam/domain/client'
import {
  deleteCredentials,
  hashPassword,
  prepareNewPassword,
  readImportedHash,
  storePassword,
} from '@iam/domain/credential'
import { inOneFlight, inTenant, streamKey } from '@iam/domain/db'
import { newId, type Id } from '@iam/domain/kit'
import { holdLease, releaseLease, type HeldLease } from '@iam/domain/lease'
import type { Limiter } from '@iam/domain/limit'
import { deleteOldOrigins, enterLoginLane } from '@iam/domain/login-attempt'
import { deleteOldMagicLinks } from '@iam/domain/magic-link'
import { countWaitingMails, deleteOldMails } from '@iam/domain/mail'
import { deleteOldCodes } from '@iam/domain/one-time-code'
import {
  advanceCursor,
  buryEvent,
  countDeadLetters,
  countUnsent,
  deleteSent,
  fetchBatch,
  leaveRelay,
  listParkedStreams,
  releaseLease as releasePartition,
  renewLeases,
  replayStream,
  seizeLeases,
  type OutboxRow,
} from '@iam/domain/outbox'
import { deleteOldLogins } from '@iam/domain/risk'
import { tendSecretKeys } from '@iam/domain/secret-key'
import { countSecretUses, secretUses } from '@iam/domain/secret-use'
import {
  beforeAllRevocations,
  buryEndedSessions,
  checkBrowserSession,
  checkSession,
  deleteOldReuses,
  deleteOldRevocations,
  deleteOldSessions,
  endBrowserSession,
  endOwnSession,
  listSessions,
  logInBrowserWithPassword,
  logInWithPassword,
  logOut,
  logOutEverywhere,
  renameSession,
  refreshSession,
  RefreshFlights,
  type IssuedSession,
} from '@iam/domain/session'
import {
  ageOfKeySet,
  publishKeySet,
  RecentTokens,
  SigningKeys,
  purgeKeySet,
  takeRegionPart,
  tendSigningKeys,
  tokenLines,
} from '@iam/domain/signing-key'
import { growStatusLists, PublishedLists, publishStatusLists } from '@iam/domain/status-list'
import { createTenant, defaultTenantPolicy, findDirectoryEntry } from '@iam/domain/tenant'
import { hasRole } from '@iam/domain/role'
import { createUser, readProfile, rewrapUserKeys } from '@iam/domain/user'
import { testAnchors, testWrapping } from '@iam/testkit/kms'
import { deliverMails, logIn, rotateSecret, testDeployment, tokenIn, type World } from '@iam/testkit/world'
import { travelAsSealer } from './audit-journey.ts'
import { travelThroughInbox } from './inbox-journey.ts'
import { travelByTheClock, travelThroughBreaches } from './jobs-journey.ts'

/** Everything that people do. */
export async function travelAsPeople(world: World): Promise<void> {
  const { acme: tenantId, origin } = world
  const alone = () => ({ ...world, refreshFlights: new RefreshFlights<IssuedSession>() })
  const grace = { tenantId, email: 'grace@acme.example', origin }
  await registerUser(world, { ...grace, password: 'a long enough password', locale: 'en' })
  await logInWithPassword(world, { ...grace, password: 'wrong' }).catch(() => undefined)
  const first = await logIn(world)
  await world.forget()
  const token = verifyAccessToken(world, first.accessToken)
  await checkSession(world, token)
  await readProfile(world, token)
  const second = await refreshSession(alone(), { refreshToken: first.refreshToken, origin })
  await refreshSession(alone(), { refreshToken: first.refreshToken, origin })
  const third = await refreshSession(alone(), { refreshToken: second.refreshToken, origin })
  const signingKeys = scarceKeys(world)
  await refreshSession({ ...alone(), signingKeys }, { refreshToken: third.refreshToken, origin })
  await logOut(world, { tenantId, grantId: token.grantId, origin })
  await world.revocations.poll()
}

/** The world's keys as if they were in KMS, where a token is signed before its refresh is decided. */
function scarceKeys(world: World): SigningKeys {
  const keys = new SigningKeys()
  const recentTokens = new RecentTokens(world.monotonic)
  keys.replace(
    world.signingKeys.all().map((key) => ({ ...key, recentTokens })),
    0,
  )
  return keys
}

/** A refresh token comes back, and its person is told. */
export async function travelAsVictim(world: World): Promise<void> {
  await stealFrom(world, await logIn(world))
  await deliverMails(world)
}

/** A refresh token that was exchanged is presented again by somebody else. */
export async function stealFrom(world: World, { refreshToken }: IssuedSession): Promise<void> {
  const { origin } = world
  await refreshSession(world, { refreshToken, origin })
  await world.testClock.advance(11)
  const thief = { ...origin, agent: 'a thief' }
  await refreshSession(world, { refreshToken, origin: thief }).catch(() => undefined)
}

/** What people do with a browser. */
export async function travelAsBrowser(world: World): Promise<void> {
  const { acme: tenantId, origin, demo } = world
  const [{ email }] = demo.tenants
  const signIn = (previous?: string) =>
    logInBrowserWithPassword(world, { tenantId, email, password: demo.password, previous, origin })
  const { token } = await signIn((await signIn()).token)
  await world.testClock.advance(60)
  await checkBrowserSession(world, { tenantId, token })
  const { userId, sessionId } = await checkBrowserSession(world, { tenantId, token })
  await renameSession(world, { tenantId, userId, sessionId, name: 'mine', origin })
  await listSessions(world, { tenantId, userId, limit: 1 })
  await signIn()
  await endOwnSession(world, { tenantId, userId, sessionId, origin })
  await logOutEverywhere(world, { tenantId, userId, origin })
  const last = await signIn()
  await endBrowserSession(world, { tenantId, token: last.token, origin })
  const { session } = await signIn()
  await endOwnSession(world, { tenantId, userId, sessionId: session.id, origin })
  await signIn()
}

/** What people do with their account: each link is mailed by the worker and used once. */
export async function travelAsOwnerOfAnAccount(world: World): Promise<void> {
  const { acme: tenantId, origin } = world
  const from = { tenantId, origin }
  const grace = { ...from, email: 'hopper@acme.example', locale: 'en' }
  const password = 'a long enough password'
  const mailed = async () => (await deliverMails(world)).at(-1)
  await registerUser(world, { ...grace, password })
  await registerUser(world, { ...grace, password })
  const [verification] = await deliverMails(world)
  await verifyEmailByCode(world, { ...grace, code: '00000000' }).catch(() => undefined)
  await verifyEmailByLink(world, { ...from, token: tokenIn(verification) })
  await requestPasswordReset(world, grace)
  const reset = { ...from, token: tokenIn(await mailed()), password: 'another long enough password' }
  await resetPassword(world, reset)
  await resetPassword(world, reset).catch(() => undefined)
  const issued = await logInWithPassword(world, { ...grace, password: reset.password })
  const { userId } = verifyAccessToken(world, issued.accessToken)
  const sessionId = issued.session.id
  const change = { currentPassword: reset.password, newPassword: 'and a third long enough one' }
  await changePassword(world, { ...from, userId, sessionId, authTime: 0, ...change })
  await mailed()
  await requestEmailChange(world, {
    ...from,
    userId,
    authTime: 0,
    email: 'grace.hopper@acme.example',
    password: 'wrong',
  }).catch(() => undefined)
  await requestEmailChange(world, {
    ...from,
    userId,
    authTime: 0,
    email: 'grace.hopper@acme.example',
    password: change.newPassword,
  })
  await confirmEmailChange(world, { ...from, token: tokenIn(await mailed()) })
  // Left usable, so that what looks for codes finds some.
  const ada = { ...grace, email: 'lovelace@acme.example' }
  await registerUser(world, { ...ada, password })
  await deliverMails(world)
  await verifyEmailByCode(world, { ...ada, code: '00000000' }).catch(() => undefined)
  await requestPasswordReset(world, ada)
  const tooShort = { ...from, token: tokenIn(await mailed()), password: 'short' }
  await resetPassword(world, tooShort).catch(() => undefined)
  await logInAsImported(world)
  await changePasswords(world)
  await findBreached(world)
}

/** A login finds its password among breached ones; another does not. */
async function findBreached(world: World): Promise<void> {
  const { acme: tenantId, origin, demo } = world
  const known = { ...world, passwords: { ...world.passwords, breached: { includes: async () => true } } }
  const unknown = { ...world, passwords: { ...world.passwords, breached: { includes: async () => false } } }
  const [{ email }] = demo.tenants
  await logInWithPassword(unknown, { tenantId, email, password: demo.password, origin })
  await logInWithPassword(known, {
    tenantId,
    email: 'lovelace@acme.example',
    password: 'a long enough password',
    origin,
  })
  await world.passwordReport('breached')
}

/** Somebody logs in whose hash was imported, and is hashed anew. */
async function logInAsImported(world: World): Promise<void> {
  const { acme: tenantId, origin } = world
  const stored = readImportedHash('$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW')
  if (stored === undefined) throw new Error('The hash cannot be read.')
  const email = 'imported@acme.example'
  await createUser(world, { tenantId, email, password: stored })
  await logInWithPassword(world, { tenantId, email, password: 'U*U', origin })
  await world.passwordReport('rehashed')
}

/** Twice, so that the second finds an earlier one. */
async function changePasswords(world: World): Promise<void> {
  const { acme: tenantId, clock } = world
  const email = 'lin@acme.example'
  const first = await hashPassword(world, { tenantId, password: 'a long enough password' })
  const userId = await createUser(world, { tenantId, email, password: first })
  if (userId === undefined) throw new Error(`${email} is taken.`)
  const policy = defaultTenantPolicy
  for (const password of ['another long enough one', 'and a third long one']) {
    const prepared = await prepareNewPassword(world, { tenantId, userId, email, password, policy })
    await inTenant(world.db, { tenantId, streams: [streamKey(tenantId, userId)] }, (tx) =>
      storePassword(tx, { tenantId, userId, password: prepared, policy }, clock()),
    )
  }
  await inOneFlight(world.db, { tenantId }, deleteCredentials({ tenantId, userId: newId('usr', clock()) }))
}

/** What somebody does who tries passwords, until the limits look whether the person is known there. */
export async function travelAsGuesser(world: World): Promise<void> {
  const { acme: tenantId, origin, demo } = world
  const [{ email }] = demo.tenants
  const guess = { tenantId, email, password: 'wrong', origin }
  await logInWithPassword(world, guess).catch(() => undefined)
  await logInWithPassword(world, guess).catch(() => undefined)
  const limiter: Limiter = {
    ...world.limiter,
    take: async ({ name }) => ({ points: 1, used: name === 'login-address' ? 2 : 1, resetIn: 1 }),
  }
  await enterLoginLane({ ...world, limiter }, { ...guess, network: '192.0.2.1/32', device: undefined })
}

/** What the operator's commands do. They run as the owner, whom the same policies bind; here under the api's login. */
export async function travelAsOperator(world: World): Promise<void> {
  const { region, issuer: audience } = testDeployment
  await createTenant(world, { slug: 'initech', name: 'Initech', region, audience })
  const { acme: tenantId } = world
  const password = await hashPassword(world, { tenantId, password: 'a long enough password' })
  await createUser(world, { tenantId, email: 'admin@acme.example', password, role: 'tenant.admin' })
  await inTenant(world.db, { tenantId }, (tx) => hasRole(tx, tenantId, 'tenant.admin'))
  await pinAlgorithms(world)
}

async function pinAlgorithms(world: World): Promise<void> {
  const { acme: tenantId } = world
  const deps = { ...world, signingAlgs: ['ES256'] } as const
  const audience = { tenantId, of: { audience: testDeployment.issuer } }
  await pinTokenAlgorithm(deps, { ...audience, alg: null })
  await pinTokenAlgorithm(deps, { ...audience, alg: 'ES256' })
  await pinTokenAlgorithm(deps, { tenantId, of: { client: 'first-party' }, alg: 'ES256' })
}

/** Everything that the worker does. Takes a day: secrets and keys have to come of age. */
export async function travelAsWorker(world: World): Promise<void> {
  const { kysely } = world.workerDb
  await deleteOldMails(kysely)
  await deleteOldCodes(kysely)
  await deleteOldChallenges(kysely)
  await deleteOldMagicLinks(kysely)
  await deleteOldLogins(kysely)
  await relay(world)
  await tendKeys(world)
  await rewrap(world)
  await publishLists(world)
  await ensureAuditPartitions(kysely, 3)
  await deleteOldRevocations(kysely)
  await deleteSent(kysely, { keepFor: 0, limit: 10 })
  await countWaitingMails(kysely)
  await deleteOldSessions(kysely, { limit: 10 })
  await deleteOldReuses(kysely, { limit: 10 })
  await deleteOldOrigins(kysely, { limit: 10 })
  await travelThroughInbox(world)
  await travelByTheClock(world)
  await travelThroughBreaches(world)
  await travelAsSealer(world)
  await buryEndedSessions({ kysely, sessionCache: world.sessionCache }, beforeAllRevocations)
}

/** A data key takes over: what an older one seals is found, counted, and sealed anew. */
async function rewrap(world: World): Promise<void> {
  const { workerDb: db, acme } = world
  const lease = await holdLease(db.kysely, { name: 'keys', owner: 'a worker', ttl: 30 })
  if (lease === undefined) throw new Error('Somebody else tends the keys.')
  await rotateSecret(world, 'data')
  await countSecretUses(db)
  for (const uses of Object.values(secretUses)) {
    for (const { isNamed, count } of uses) {
      await isNamed(db.kysely, 1)
      await inTenant(db, { tenantId: acme }, (tx) => count(tx, acme))
    }
  }
  // The tenant that statements are tried on afterwards is the one that is left.
  const others = (version: number) =>
    world.admin.updateTable('iam.user_key').set({ data_key_version: version }).where('tenant_id', '<>', acme)
  await others(2).execute()
  await rewrapUserKeys({ ...world, db, lease, isReady: async () => true }, { batches: 1 })
  await others(1).execute()
  await releaseLease(db.kysely, lease)
}

async function relay({ workerDb, acme, clock }: World): Promise<void> {
  const { kysely } = workerDb
  const owner = 'a relay'
  await renewLeases(kysely, { owner, ttl: 60 })
  const [lease] = await seizeLeases(kysely, { owner, ttl: 60 }, 8)
  if (lease === undefined) throw new Error('No partition is free.')
  await fetchBatch(kysely, lease, 10)
  await buryEvent(workerDb, refusedEvent(acme, clock()), 'refused')
  await advanceCursor(kysely, lease, { xid: '1', id: '1' })
  await countUnsent(kysely)
  await countDeadLetters(kysely)
  await listParkedStreams(workerDb)
  await replayStream({ db: workerDb }, { tenantId: acme, orderingKey: `${acme}:nobody` })
  await releasePartition(kysely, lease)
  await leaveRelay(kysely, owner)
}

function refusedEvent(tenantId: Id<'ten'>, occurredAt: Date): OutboxRow {
  return {
    xid: '1',
    id: '1',
    tenantId,
    eventId: 'evt_REFUSED',
    type: 'user.registered',
    version: 1,
    occurredAt,
    orderingKey: `${tenantId}:usr_REFUSED`,
    sequence: '1',
    payload: {},
    traceparent: null,
    correlationId: null,
    causationId: null,
    retentionClass: 'regulated',
  }
}

const day = 86_400
const policy = { signFor: 2 * day, verifyAfter: day, activationLead: 0, announce: 0 }

/** A day later each secret and key takes its next steps: made, published, put to use, superseded, destroyed. */
async function tendKeys(world: World): Promise<void> {
  const { kysely } = world.workerDb
  const system = await findDirectoryEntry(kysely, 'system')
  if (system === undefined) throw new Error('The system tenant is missing.')
  await announceAnchor(world)
  for (const seconds of [day, 1, 600]) {
    await world.testClock.advance(seconds)
    const lease = await holdLease(kysely, { name: 'keys', owner: 'a worker', ttl: 30 })
    if (lease === undefined) throw new Error('Somebody else tends the keys.')
    await tendOnce(world, lease, system.tenantId)
    await releaseLease(kysely, lease)
  }
  await followKeySet(world)
}

/** What is done with a key set once it is published, here and in other regions. */
async function followKeySet({ workerDb: db, admin, clock }: World): Promise<void> {
  const { env, issuer, region } = testDeployment
  const last = admin.selectFrom('iam.key_set_version').select('document').orderBy('version', 'desc')
  const { document } = await last.executeTakeFirstOrThrow()
  const { publisher, spare, endorser } = testAnchors
  const anchors = { anchors: [publisher.kid, spare.kid], endorsementAnchors: [endorser.kid] }
  const pins = { env, issuer, ...anchors, names: [region] }
  await takeRegionPart(db.kysely, { pins, region, document, now: clock() })

  const cdn = { purge: async () => undefined }
  await purgeKeySet({ db, deployment: testDeployment, cdn, purgeAfter: 0 })
  await ageOfKeySet(db.kysely, testDeployment.region)
}

/** Publishes the status lists, to nowhere. */
async function publishLists(world: World): Promise<void> {
  const { kysely } = world.workerDb
  const lease = await holdLease(kysely, { name: 'status', owner: 'a worker', ttl: 30 })
  if (lease === undefined) throw new Error('Somebody else publishes the lists.')
  const common = { db: world.workerDb, clock: world.clock, deployment: testDeployment, lease }
  await growStatusLists({ ...common, systemTenantId: world.acme })
  // One that was added, and opens.
  await world.admin.insertInto('iam.status_list').values({ shard: 2 }).execute()
  const store = { read: async () => undefined, write: async () => '1' }
  const signer = { kid: 'status', alg: 'ES256', sign: () => '' }
  await publishStatusLists({ ...common, store, signer, published: new PublishedLists() })
}

async function tendOnce(world: World, lease: HeldLease, systemTenantId: Id<'ten'>): Promise<void> {
  const common = {
    db: world.workerDb,
    clock: world.clock,
    wrapping: testWrapping,
    deployment: testDeployment,
    lease,
    systemTenantId,
  }
  const nothing = async () => undefined
  await tendSecretKeys({ ...common, lead: 0, rotation: {}, uses: secretUses })
  await tendSigningKeys({
    ...common,
    endorser: testAnchors.endorser,
    policy,
    lines: tokenLines(['ES256'], testWrapping),
    servedKids: async () => new Set(),
  })
  await publishKeySet({
    ...common,
    publisher: testAnchors.publisher,
    spare: async () => testAnchors.spare,
    keySetStore: { read: nothing, write: nothing },
    lifetime: day,
    resignAfter: 1,
  })
}

/** As an operator has announced it, whose login is nobody's here. */
async function announceAnchor({ admin, clock }: World): Promise<void> {
  const { publisher, spare, nextSpare } = testAnchors
  const kids = { from_kid: publisher.kid, to_kid: spare.kid, spare_kid: nextSpare.kid }
  const times = { announced_at: clock(), switch_at: clock() }
  await admin
    .insertInto('iam.anchor_rotation')
    .values({ epoch: 1, ...kids, ...times })
    .execute()
}
