import { createHmac, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto'
import type { Clock, Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'

type Deps = { readonly secrets: SecretRings; readonly clock: Clock }
type Person = { readonly tenantId: Id<'ten'>; readonly email: string }

/** Seconds without a login after which a device is not known any more. */
export const deviceKnownFor = 90 * 86_400
/** People who are kept of a device: the last to log in there. */
const mostPeople = 5
const bytes = { device: 12, seenAt: 4, tag: 16 }
const length = bytes.device + bytes.seenAt + bytes.tag

/**
 * What a browser keeps to be known again: for each person who logged in there an id of the device, when, and a
 * tag over both with the person and the tenant. It opens nothing; it gives the next login points of its own.
 * @param held what the browser held before.
 */
export function rememberDevice(deps: Deps, person: Person, held: string | undefined): string {
  const { key } = deps.secrets.of('fingerprint').current(deps.clock())
  const entries = entriesIn(held)
  const mine = entries.find((entry) => isOf(deps, person, entry))
  const body = Buffer.alloc(bytes.device + bytes.seenAt)
  ;(mine?.subarray(0, bytes.device) ?? randomBytes(bytes.device)).copy(body)
  body.writeUInt32BE(Math.floor(deps.clock().getTime() / 1000), bytes.device)
  const entry = Buffer.concat([body, tagOf(key, person, body)])
  return [entry, ...entries.filter((other) => other !== mine)]
    .slice(0, mostPeople)
    .map((each) => each.toString('base64url'))
    .join('.')
}

/** The device's id, when the person has logged in there within the last 90 days. */
export function knownDevice(deps: Deps, person: Person, held: string | undefined): string | undefined {
  const now = Math.floor(deps.clock().getTime() / 1000)
  const mine = entriesIn(held).find((entry) => isOf(deps, person, entry))
  if (mine === undefined || now - mine.readUInt32BE(bytes.device) > deviceKnownFor) return undefined
  return mine.toString('base64url', 0, bytes.device)
}

function entriesIn(held = ''): Buffer[] {
  const parts = held.split('.').slice(0, mostPeople)
  return parts.map((part) => Buffer.from(part, 'base64url')).filter((entry) => entry.length === length)
}

function isOf({ secrets }: Deps, person: Person, entry: Buffer): boolean {
  const body = entry.subarray(0, -bytes.tag)
  const tag = entry.subarray(-bytes.tag)
  return secrets
    .of('fingerprint')
    .all()
    .some(({ key }) => timingSafeEqual(tag, tagOf(key, person, body)))
}

function tagOf(key: KeyObject, { tenantId, email }: Person, body: Buffer): Buffer {
  const hmac = createHmac('sha256', key).update(['known-device', tenantId, email, ''].join('\0')).update(body)
  return hmac.digest().subarray(0, bytes.tag)
}
