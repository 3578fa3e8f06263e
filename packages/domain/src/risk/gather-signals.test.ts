import { describe, expect, test } from 'vitest'
import type { Geo, RequestOrigin } from '../kit/index.ts'
import { gatherSignals, type Evidence, type PastLogin } from './gather-signals.ts'
import { distanceBetween } from './travel.ts'

const berlin = { latitude: 52.5, longitude: 13.4 }
const munich = { latitude: 48.1, longitude: 11.6 }
const tokyo = { latitude: 35.7, longitude: 139.7 }
const now = new Date('2026-11-21T12:00:00Z')
const hours = (n: number) => n * 3_600_000
const ago = (n: number) => new Date(now.getTime() - hours(n))
const mark = (text: string) => Buffer.from(text)

const origin: RequestOrigin = {
  requestId: 'req_1',
  traceparent: '00-1',
  network: '203.0.113.0/24',
  agent: 'Browser/1',
  geo: { country: 'DE', subdivision: 'DEBE', coordinates: berlin },
  isTorExit: false,
}
const login = (at: Date, more: Partial<PastLogin> = {}): PastLogin => ({
  at,
  device: mark('laptop'),
  network: mark('home'),
  country: 'DE',
  ...more,
})
const usual: Evidence = {
  now,
  origin,
  past: Array.from({ length: 12 }, (_, n) => login(ago(24 * (n + 1)))),
  last: { at: ago(24), coordinates: berlin },
  devices: [mark('laptop')],
  networks: [mark('home')],
  isKnownDevice: false,
  failures: undefined,
  isBreached: false,
  isExposed: false,
}
const from = (geo: Geo): Partial<Evidence> => ({ origin: { ...origin, geo } })
const without = (name: 'geo' | 'isTorExit'): Partial<Evidence> => {
  const { [name]: _, ...rest } = origin
  return { origin: rest }
}

const nothing = {
  isFirstLogin: false,
  device: 'usual',
  network: 'usual',
  country: 'usual',
  travel: 'usual',
  hour: 'usual',
  tor: 'usual',
  failures: 0,
  isBreached: false,
  isExposed: false,
}

const cases: [string, Partial<Evidence>, Partial<Record<keyof typeof nothing, unknown>>][] = [
  ['as always', {}, {}],
  ['on a new device', { devices: [mark('phone')] }, { device: 'unusual' }],
  ['on a new device that the browser shows to be known', { devices: [mark('x')], isKnownDevice: true }, {}],
  ['on a device noted under an older key', { devices: [mark('new'), mark('laptop')] }, {}],
  ['by something that does not say what it is', { origin: { ...origin, agent: '' } }, { device: 'unknown' }],
  ['on a new network', { networks: [mark('café')] }, { network: 'unusual' }],
  ['from an address that is none', { origin: { ...origin, network: '' } }, { network: 'unknown' }],
  [
    'from another country, having had the time',
    { ...from({ country: 'JP', coordinates: tokyo }), last: { at: ago(24), coordinates: berlin } },
    { country: 'unusual' },
  ],
  [
    'from another country an hour later',
    { ...from({ country: 'JP', coordinates: tokyo }), last: { at: ago(1), coordinates: berlin } },
    { country: 'unusual', travel: 'unusual' },
  ],
  [
    'from another town an hour later',
    { ...from({ country: 'DE', coordinates: munich }), last: { at: ago(1), coordinates: berlin } },
    {},
  ],
  [
    'from another town at the same moment',
    { ...from({ country: 'DE', coordinates: munich }), last: { at: now, coordinates: berlin } },
    { travel: 'unusual' },
  ],
  [
    'from a country that the load balancer cannot tell',
    from({ country: null, coordinates: berlin }),
    { country: 'unknown' },
  ],
  ['from coordinates that it cannot tell', from({ country: 'DE', coordinates: null }), { travel: 'unknown' }],
  ['behind a load balancer that tells countries alone', from({ country: 'DE' }), { travel: 'unset' }],
  ['behind a load balancer that tells nothing', without('geo'), { country: 'unset', travel: 'unset' }],
  ['where the login before was nowhere', { last: undefined }, { travel: 'unset' }],
  ['by an exit of Tor', { origin: { ...origin, isTorExit: true } }, { tor: 'unusual' }],
  ['while the list of exits cannot be read', { origin: { ...origin, isTorExit: null } }, { tor: 'unknown' }],
  ['where there is no list of exits', without('isTorExit'), { tor: 'unset' }],
  ['after wrong passwords', { failures: { inARow: 4, lastAt: ago(1) } }, { failures: 4 }],
  ['after wrong passwords long ago', { failures: { inARow: 4, lastAt: ago(25) } }, { failures: 0 }],
  ['with a breached password', { isBreached: true }, { isBreached: true }],
  ['with an address of a breach', { isExposed: true }, { isExposed: true }],
  ['at night', { now: new Date('2026-11-21T03:00:00Z') }, { hour: 'unusual' }],
  ['a little later than ever', { now: new Date('2026-11-21T14:30:00Z') }, {}],
  [
    'at night, too new to have habits',
    { now: new Date('2026-11-21T03:00:00Z'), past: usual.past.slice(0, 9) },
    { hour: 'unset' },
  ],
  [
    'for the first time',
    { past: [], last: undefined },
    {
      isFirstLogin: true,
      device: 'unset',
      network: 'unset',
      country: 'unset',
      travel: 'unset',
      hour: 'unset',
    },
  ],
]

describe('gatherSignals', () => {
  test.each(cases)('C194: tells a login %s', (_what, evidence, told) => {
    expect(gatherSignals({ ...usual, ...evidence })).toEqual({ ...nothing, ...told })
  })

  test('C194: counts hours around midnight', () => {
    const late = Array.from({ length: 12 }, (_, n) => login(new Date(`2026-11-${n + 1}T23:30:00Z`)))
    const at = (time: string) =>
      gatherSignals({ ...usual, past: late, now: new Date(`2026-11-21T${time}:00Z`) }).hour
    expect([at('01:10'), at('02:10')]).toEqual(['usual', 'unusual'])
  })

  test('measures distances over the globe, the short way', () => {
    expect(distanceBetween(berlin, tokyo)).toBeGreaterThan(8_800)
    expect(distanceBetween(berlin, tokyo)).toBeLessThan(9_000)
    expect(
      distanceBetween({ latitude: 0, longitude: 179.9 }, { latitude: 0, longitude: -179.9 }),
    ).toBeLessThan(30)
    expect(distanceBetween({ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 180 })).toBeCloseTo(
      20_015,
      0,
    )
  })
})
