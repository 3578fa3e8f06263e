import { createHash, createHmac, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto'
import type { StoredDevice } from '../device/index.ts'
import type { HeldFactor } from '../factor/index.ts'
import type { Clock, Id, RequestOrigin } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { TenantPolicy } from '../tenant/index.ts'
import { describeAgent } from './describe-agent.ts'

type Deps = { readonly secrets: SecretRings; readonly clock: Clock }

/**
 * Whom a browser trusts, and what they hold: with another factor or another password the trust is gone, as it is once
 * all of their sessions were ended.
 */
export interface TrustedPerson {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly held: readonly HeldFactor[]
  readonly passwordOf: Date | undefined
  /** When trust in them ended last. */
  readonly trustEndedAt: Date | null
  readonly origin: RequestOrigin
}

type TrustPolicy = Pick<TenantPolicy, 'trustedDeviceDays'>

/** People whom a browser keeps trust of: the last ones. */
const mostPeople = 5
const bytes = { since: 4, random: 8, tag: 16 }
const length = bytes.since + bytes.random + bytes.tag
const day = 86_400

/**
 * What a browser keeps so that its person is asked for no second factor there: when it was trusted, with a tag over
 * that, the person, the tenant, their factors, the times of their password and of the last end of trust, and the program
 * and system of the browser (C193). It opens nothing by itself.
 * @param kept what the browser kept before.
 */
export function trustBrowser(deps: Deps, person: TrustedPerson, kept: string | undefined): string {
  const now = deps.clock()
  const body = Buffer.concat([Buffer.alloc(bytes.since), randomBytes(bytes.random)])
  body.writeUInt32BE(seconds(now))
  const entry = Buffer.concat([body, tagOf(deps.secrets.of('fingerprint').current(now).key, person, body)])
  const others = entriesIn(kept).filter((other) => !isOf(deps, person, other))
  return [entry, ...others]
    .slice(0, mostPeople)
    .map((each) => each.toString('base64url'))
    .join('.')
}

/** For how many whole days a browser has kept trust in this person; null: it keeps none. */
export function daysOfTrust(deps: Deps, person: TrustedPerson, kept: string | undefined): number | null {
  const now = seconds(deps.clock())
  const mine = entriesIn(kept).filter((entry) => isOf(deps, person, entry))
  if (mine.length === 0) return null
  return Math.min(...mine.map((entry) => Math.floor((now - entry.readUInt32BE()) / day)))
}

/**
 * For how many whole days a device has been trusted by its person, as they are now; null: it is not.
 * @param holds what trust in them hangs on now; see `holdsOf`.
 */
export function daysOfDevice(
  { clock }: { readonly clock: Clock },
  holds: Buffer | undefined,
  device: StoredDevice | undefined,
): number | null {
  if (device?.trustedAt == null || device.trustedFor == null) return null
  if (holds === undefined || !device.trustedFor.equals(holds)) return null
  return Math.floor((seconds(clock()) - seconds(device.trustedAt)) / day)
}

/** Whether trust of so many days spares a second factor. Pure. */
export function isTrustedUnder({ trustedDeviceDays }: TrustPolicy, trustedDays: number | null): boolean {
  return trustedDays !== null && trustedDays < trustedDeviceDays
}

function entriesIn(kept = ''): Buffer[] {
  const parts = kept.split('.').slice(0, mostPeople)
  return parts.map((part) => Buffer.from(part, 'base64url')).filter((entry) => entry.length === length)
}

function isOf({ secrets }: Deps, person: TrustedPerson, entry: Buffer): boolean {
  const [body, tag] = [entry.subarray(0, -bytes.tag), entry.subarray(-bytes.tag)]
  return secrets
    .of('fingerprint')
    .all()
    .some(({ key }) => timingSafeEqual(tag, tagOf(key, person, body)))
}

/** What trust in a person hangs on, as a digest: with another factor or password, or a later end of trust, another one. */
export function holdsOf({
  held,
  passwordOf,
  trustEndedAt,
}: Pick<TrustedPerson, 'held' | 'passwordOf' | 'trustEndedAt'>): Buffer {
  const factors = held.filter(({ kind }) => kind !== 'recovery').map(({ id }) => id)
  const times = [passwordOf, trustEndedAt].map((time) => String(time?.getTime()))
  return createHash('sha256')
    .update([...factors, ...times].join('\0'))
    .digest()
}

function tagOf(
  key: KeyObject,
  { tenantId, userId, held, passwordOf, trustEndedAt, origin }: TrustedPerson,
  body: Buffer,
): Buffer {
  const { program, system } = describeAgent(origin.agent)
  const holds = holdsOf({ held, passwordOf, trustEndedAt }).toString('hex')
  const fields = ['trusted-device', tenantId, userId, holds, program ?? '', system ?? '', '']
  return createHmac('sha256', key).update(fields.join('\0')).update(body).digest().subarray(0, bytes.tag)
}

const seconds = (at: Date) => Math.floor(at.getTime() / 1000)
