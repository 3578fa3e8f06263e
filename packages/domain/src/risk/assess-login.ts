import { createHmac, type KeyObject } from 'node:crypto'
import type { Db, RowsOf } from '../db/index.ts'
import {
  newId,
  type Clock,
  type Coordinates,
  type Id,
  type RequestOrigin,
  type RiskCode,
} from '../kit/index.ts'
import { failuresInARow } from '../login-attempt/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { personalOpener, sealPersonal, type SealedUserKey } from '../user/index.ts'
import { decideRisk, hasSay, type RiskDecision, type RiskPolicy } from './decide-risk.ts'
import { gatherSignals } from './gather-signals.ts'
import { pastLogins, type NewLogin } from './queries.ts'
import { scoreRisk } from './score-risk.ts'
import type { RiskSignals } from './signals.ts'

/** A cache whose entries are never replaced by a lower version. */
export interface ScoreCache {
  get(key: string): Promise<{ readonly version: number; readonly value: string } | undefined>
  /** @param ttl milliseconds. */
  put(key: string, entry: { readonly version: number; readonly value: string }, ttl: number): Promise<void>
}

/** What an outside service is asked: ids and coarse signals. */
export interface RiskQuestion {
  readonly tenantId: string
  readonly userId: string
  readonly score: number
  readonly signals: Omit<RiskSignals, 'outside'>
}

/** A risk service of somebody else's. */
export interface RiskService {
  /** @returns its score, 0 to 100. @throws when it does not answer in time, or anything else. */
  score(question: RiskQuestion): Promise<number>
}

/** What the risk of a login is found out with, besides the database. */
export interface RiskSources {
  readonly cache: ScoreCache
  /** None: nobody else is asked. */
  readonly service: RiskService | undefined
}

export type RiskDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly risk: RiskSources
}

export interface AssessLogin {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly userKey: SealedUserKey | undefined
  readonly policy: RiskPolicy
  readonly origin: RequestOrigin
  /** What stands for the person's device: one for each version of the key, the newest first. */
  readonly devices: readonly [Buffer, ...Buffer[]]
  readonly isKnownDevice: boolean
  /** Whether the password is known from a breach. */
  readonly isBreached: boolean
  /** Whether it may be, because the person's address is. */
  readonly isExposed: boolean
}

/** A login's risk, and what to keep of it. */
export interface Assessment {
  readonly login: NewLogin
  readonly decision: RiskDecision
}

/** The risk of a login that a second step was asked for, as it was found out before. */
export interface EarlierRisk {
  readonly id: Id<'lgn'>
  readonly reasons: readonly RiskCode[]
}

/** What a person's earlier logins and failures are read by: two statements, to fly with others. */
export function loginHistoryOf(
  person: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> },
  now: Date,
) {
  return [pastLogins(person, now), failuresInARow(person.tenantId, person.userId)] as const
}

type Statements = ReturnType<typeof loginHistoryOf>

/** What `loginHistoryOf` found. */
export interface LoginHistory {
  readonly past: RowsOf<Statements[0]>
  readonly failures: RowsOf<Statements[1]>
}

/** Milliseconds for which a score is at least what it was. */
const recentFor = 60_000

/**
 * Finds out the risk of a login whose first factor was right. Redis remembers the score for a minute, by person and
 * network, and an outside service is asked where risk decides. Neither can lower it, and neither is waited for long.
 */
export async function assessLogin(
  deps: RiskDeps,
  input: AssessLogin,
  { past, failures: [failures] }: LoginHistory,
): Promise<Assessment> {
  const { tenantId, userId, policy } = input
  const now = deps.clock()
  const key = scoreKey(deps, input)
  const decides = hasSay(policy)
  const recent = decides ? await findRecent(deps, key) : none
  const networks = networksOf(deps, input)
  const last = lastSeen(deps, input, past)
  const own = { ...gatherSignals({ ...input, now, past, last, networks, failures }), recent: recent.score }
  const asks = decides && !recent.wasAsked
  const signals = { ...own, outside: asks ? await outsideScore(deps, input, own) : ('unset' as const) }
  const scored = scoreRisk(signals)
  const wasAsked = recent.wasAsked || typeof signals.outside === 'number'
  if (decides) await remember(deps, key, { ...scored, wasAsked })
  const id = newId('lgn', now)
  const [device] = input.devices
  const { origin } = input
  return {
    decision: decideRisk(policy, { ...scored, signals }),
    login: {
      tenantId,
      userId,
      id,
      at: now,
      device,
      network: networks[0] ?? Buffer.alloc(0),
      country: origin.geo?.country ?? null,
      isTorExit: origin.isTorExit === true,
      seenFrom: sealedWhereabouts(deps, input, id),
      signals,
      ...scored,
    },
  }
}

const none = { score: 0, wasAsked: false }
const answered = 'answered'

/** What was found within the last minute. Without Redis, nothing: the outside service is asked again. */
async function findRecent({ risk }: RiskDeps, key: string): Promise<typeof none> {
  const found = await risk.cache.get(key).catch(() => undefined)
  if (found === undefined) return none
  return { score: Math.min(100, Math.max(0, found.version)), wasAsked: found.value === answered }
}

/** The highest score of the minute stays; with a higher one, that the outside service has answered. */
async function remember({ risk }: RiskDeps, key: string, { score, wasAsked }: typeof none): Promise<void> {
  const value = wasAsked ? answered : ''
  await risk.cache.put(key, { version: score, value }, recentFor).catch(() => undefined)
}

/** One that answered within the last minute is not asked again: what it said is in the score of then. */
async function outsideScore(
  { risk }: RiskDeps,
  { tenantId, userId }: AssessLogin,
  signals: RiskQuestion['signals'],
): Promise<RiskSignals['outside']> {
  if (risk.service === undefined) return 'unset'
  const { score } = scoreRisk({ ...signals, outside: 'unset' })
  return risk.service.score({ tenantId, userId, score, signals }).catch(() => 'silent' as const)
}

/** Hash-tagged, so that a cluster keeps a tenant's keys together; it holds no address and no id. */
function scoreKey({ secrets, clock }: RiskDeps, { tenantId, userId, origin }: AssessLogin): string {
  const { key } = secrets.of('fingerprint').current(clock())
  return `{${tenantId}}:risk:${keyed(key, ['risk', tenantId, userId, origin.network]).toString('base64url')}`
}

/** 16 bytes that stand for a person on a network, for each version of the key, the one that makes first. */
function networksOf({ secrets, clock }: RiskDeps, { tenantId, userId, origin }: AssessLogin): Buffer[] {
  const ring = secrets.of('fingerprint')
  const current = ring.current(clock())
  return [current, ...ring.all().filter((other) => other !== current)].map(({ key }) =>
    keyed(key, ['risk-network', tenantId, userId, origin.network]),
  )
}

function keyed(key: KeyObject, fields: readonly string[]): Buffer {
  return createHmac('sha256', key).update(fields.join('\0')).digest().subarray(0, 16)
}

const contextOf = (id: string) => `${id}:seen_from`

function sealedWhereabouts(deps: RiskDeps, input: AssessLogin, id: Id<'lgn'>): Buffer | undefined {
  const { userId, userKey, origin } = input
  if (userKey === undefined) return undefined
  const at = origin.geo?.coordinates
  const values = {
    network: origin.network,
    ...(at === undefined || at === null ? {} : { coordinates: `${at.latitude},${at.longitude}` }),
  }
  return sealPersonal(deps.secrets.of('data'), { userId, userKey }, { values, context: contextOf(id) })
}

/** Where the newest login was of which that is known; not looked for where there is nothing to compare it with. */
function lastSeen(
  { secrets }: RiskDeps,
  owner: AssessLogin,
  past: RowsOf<ReturnType<typeof pastLogins>>,
): { at: Date; coordinates: Coordinates } | undefined {
  if (owner.origin.geo?.coordinates === undefined) return undefined
  const open = personalOpener(secrets.of('data'), owner)
  for (const { id, at, seenFrom } of past) {
    const spelled = open(seenFrom, contextOf(id))?.['coordinates']
    if (spelled === undefined) continue
    const [latitude = 0, longitude = 0] = spelled.split(',').map(Number)
    return { at, coordinates: { latitude, longitude } }
  }
  return undefined
}
