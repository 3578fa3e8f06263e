import { inOneFlight } from '../db/index.ts'
import { Refusal, type Id, type RefusalCode, type RequestOrigin, type Standing } from '../kit/index.ts'
import { countRequest, limitKey, takePoint, type Counted, type LimitDeps } from '../limit/index.ts'
import { mostFailures } from './count-failure.ts'
import { knownDevice } from './known-device.ts'
import { originIdsOf } from './known-origin.ts'
import { knownOrigins } from './queries.ts'
import { watchFailures } from './watch-failures.ts'

export interface EnterLoginLane {
  readonly tenantId: Id<'ten'>
  /** Normalised. */
  readonly email: string
  /** The network that requests are counted by. */
  readonly network: string
  /** What the browser keeps to be known again. */
  readonly device: string | undefined
  readonly origin: RequestOrigin
}

/** Whom a login's failures are counted with: everybody who names the address, or one device that is known. */
export interface LoginLane extends Counted {
  readonly standings: readonly Standing[]
  /** Failures in a row before this login. */
  readonly failures: number
  readonly origin: RequestOrigin
}

/** Failures in a row that cost nothing. */
const free = 10
const shortestWait = 60
const longestWait = 900
const failures = { name: 'login-failures', points: mostFailures, seconds: 86_400 }

/**
 * Lets a login try, before anything is looked up for it; known and unknown addresses are treated alike.
 *
 * Strangers are counted by network and by address, and after ten failures in a row at an address they wait for
 * one another: a minute, then twice as long each time, up to a quarter of an hour. A device where the person
 * logged in before is counted by itself and waits only for its own failures, so that strangers cannot lock
 * the person out: a browser is known by what it keeps; anything else, once strangers have used up the
 * address's points, by the network and agent of an earlier login.
 * @throws Refusal `rate_limited`.
 */
export async function enterLoginLane(deps: LimitDeps, login: EnterLoginLane): Promise<LoginLane> {
  const device = knownDevice(deps, login, login.device)
  if (device !== undefined) return enterDeviceLane(deps, login, device)
  const { tenantId, email, network, origin } = login
  const standings = await countRequest(deps, {
    tenantId,
    origin,
    counts: [{ limit: 'login', value: network }],
  })
  try {
    await countRequest(deps, { tenantId, origin, counts: [{ limit: 'login-address', value: email }] })
    return await waitTurn(deps, { tenantId, by: 'address', value: email, standings, origin })
  } catch (error) {
    const known = isLimited(error) ? await knownAmong(deps, tenantId, originIdsOf(deps, login)) : undefined
    if (known === undefined) throw error
    return enterDeviceLane(deps, login, known.toString('base64url'))
  }
}

/** What is said to somebody whose password was right. */
const asksForMore = new Set<RefusalCode>(['mfa_required', 'mfa_enrolment_required'])

/** Tries to log in within a lane: a wrong password adds to its failures, a right one ends them. */
export async function inLoginLane<T>(deps: LimitDeps, lane: LoginLane, logIn: () => Promise<T>): Promise<T> {
  const key = limitKey(deps, lane)
  try {
    const opened = await logIn()
    if (lane.failures > 0) await deps.limiter.forget(failures, key)
    return opened
  } catch (error) {
    if (error instanceof Refusal && lane.failures > 0 && asksForMore.has(error.code))
      await deps.limiter.forget(failures, key)
    if (error instanceof Refusal && error.code === 'invalid_credentials')
      await Promise.all([deps.limiter.take(failures, key), watchFailures(deps, lane)])
    throw error
  }
}

async function enterDeviceLane(deps: LimitDeps, login: EnterLoginLane, device: string): Promise<LoginLane> {
  const { tenantId, origin } = login
  const counts = [{ limit: 'login-device', value: device }] as const
  const standings = await countRequest(deps, { tenantId, origin, counts })
  return waitTurn(deps, { tenantId, by: 'device', value: device, standings, origin })
}

/** The one who may try begins the time that the next one waits; whoever comes meanwhile is refused. */
async function waitTurn(deps: LimitDeps, lane: Omit<LoginLane, 'failures'>): Promise<LoginLane> {
  const inARow = await deps.limiter.used(failures, limitKey(deps, lane))
  if (inARow >= free) {
    const seconds = Math.min(shortestWait * 2 ** (inARow - free), longestWait)
    const rule = { name: 'login-wait', points: 1, seconds }
    await takePoint(deps, { ...lane, rule, told: lane.standings })
  }
  return { ...lane, failures: inARow }
}

function isLimited(error: unknown): boolean {
  return error instanceof Refusal && error.code === 'rate_limited'
}

/** The first of these that is known. Without the database nobody is. */
async function knownAmong(
  deps: LimitDeps,
  tenantId: Id<'ten'>,
  ids: readonly Buffer[],
): Promise<Buffer | undefined> {
  return inOneFlight(deps.db, { tenantId }, [knownOrigins(tenantId, ids)]).then(
    ([found]) => ids.find((id) => found.some((row) => row.id.equals(id))),
    () => undefined,
  )
}
