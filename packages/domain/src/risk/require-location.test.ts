import { describe, expect, test } from 'vitest'
import type { RequestOrigin } from '../kit/index.ts'
import { embargo, requireLocation, type LocationPolicy } from './index.ts'

const anywhere: LocationPolicy = { allowedCountries: [], allowTor: false }
const germany: LocationPolicy = { allowedCountries: ['DE'], allowTor: false }
const origin: RequestOrigin = { requestId: 'req_1', traceparent: '00-1', network: '', agent: '' }

const cases: [string, LocationPolicy, Partial<RequestOrigin>, boolean][] = [
  ['any country where the tenant names none', anywhere, { geo: { country: 'JP' } }, true],
  ['a country that cannot be told, where the tenant names none', anywhere, { geo: { country: null } }, true],
  ['a place that nobody tells, where the tenant names none', anywhere, {}, true],
  ['a country that the tenant names', germany, { geo: { country: 'DE' } }, true],
  ['another country', germany, { geo: { country: 'FR' } }, false],
  ['a country that cannot be told, where the tenant names some', germany, { geo: { country: null } }, false],
  ['a place that nobody tells, where the tenant names some', germany, {}, false],
  ['an exit of Tor', anywhere, { isTorExit: true }, false],
  ['an exit of Tor where the tenant wants them', { ...anywhere, allowTor: true }, { isTorExit: true }, true],
  ['what may be an exit of Tor', anywhere, { isTorExit: null }, true],
  ['the rest of Ukraine', anywhere, { geo: { country: 'UA', subdivision: 'UA30' } }, true],
  ['Crimea', anywhere, { geo: { country: 'UA', subdivision: 'UA43' } }, false],
  [
    'an embargoed country although the tenant names it',
    { allowedCountries: ['IR'], allowTor: true },
    { geo: { country: 'IR' } },
    false,
  ],
]

describe('requireLocation', () => {
  const refused = expect.objectContaining({ code: 'location_not_allowed' }) as Error

  test.each(cases)('C194: decides about %s', (_what, policy, from, allowed) => {
    const ask = () => requireLocation(policy, { ...origin, ...from })
    if (allowed) expect(ask).not.toThrow()
    else expect(ask).toThrow(refused)
  })

  test('refuses every country and region under an embargo, always', () => {
    for (const country of embargo.countries)
      expect(() => requireLocation(anywhere, { ...origin, geo: { country } })).toThrow(refused)
    for (const subdivision of embargo.subdivisions)
      expect(() => requireLocation(anywhere, { ...origin, geo: { country: 'UA', subdivision } })).toThrow(
        refused,
      )
  })
})
