import { describe, expect, test } from 'vitest'
import { planSigningKeys, signingKeyPolicy, type SigningKeySettings } from './plan-signing-keys.ts'
import type { SigningKeyRow } from './queries.ts'

const hour = 3600
const day = 24 * hour
const lines = [
  { purpose: 'token', alg: 'ES256' },
  { purpose: 'token', alg: 'RS256' },
] as const

/** A signing key in a store that does what the plan says at once. */
type Stored = { -readonly [Name in keyof SigningKeyRow]: SigningKeyRow[Name] }

/** Years of an issuer whose worker looks once an hour. */
class Years {
  readonly keys: Stored[] = []
  readonly #settings: SigningKeySettings
  #time = Date.parse('2026-01-01T00:00:00Z')
  #made = 0

  constructor(settings: SigningKeySettings) {
    this.#settings = settings
  }

  get now(): Date {
    return new Date(this.#time)
  }

  pass(): void {
    this.#time += hour * 1000
    const { keys, now } = this
    const served = new Set(keys.map(({ kid }) => kid))
    const policy = signingKeyPolicy(this.#settings)
    for (const action of planSigningKeys({ keys, lines, now, served }, policy)) {
      if (action.do === 'generate') this.#generate(action.line)
      else this.#move(action.key.kid, action)
    }
  }

  #generate(line: (typeof lines)[number]): void {
    this.#made += 1
    const { signFor, verifyAfter } = this.#settings
    const after = (seconds: number) => new Date(this.#time + seconds * 1000)
    this.keys.push({
      ...line,
      id: `sgk_${this.#made}`,
      kid: String(this.#made),
      scope: 'issuer',
      publicJwk: { kty: 'EC', crv: 'P-256', x: '', y: '' },
      endorsement: '',
      wrapped: null,
      state: 'published',
      createdAt: this.now,
      publishedAt: this.now,
      activateAt: null,
      signUntil: after(signFor),
      verifyUntil: after(signFor + verifyAfter),
    } as Stored)
  }

  #move(kid: string, action: { do: 'activate' | 'retire' | 'drop'; at?: Date }): void {
    const key = this.keys.find((each) => each.kid === kid)
    if (key === undefined) throw new Error(`There is no key ${kid}.`)
    if (action.do === 'activate') Object.assign(key, { state: 'active', activateAt: action.at })
    if (action.do === 'retire') key.state = 'retiring'
    if (action.do === 'drop') this.keys.splice(this.keys.indexOf(key), 1)
  }

  /** The key of a line that signs now. */
  signer({ alg }: (typeof lines)[number]): Stored | undefined {
    const active = this.keys.filter((key) => key.alg === alg && key.state === 'active')
    return active.findLast(
      ({ activateAt, signUntil }) => (activateAt ?? Infinity) <= this.now && signUntil > this.now,
    )
  }
}

describe('how often keys change', () => {
  test.each([
    ['monthly with two days of overlap', 30, 2],
    ['every 90 days with a week of overlap', 90, 7],
  ])('%s is a setting', (_what, turn, overlap) => {
    const leastLead = day
    const verifyAfter = overlap * day
    const lead = signingKeyPolicy({ signFor: 0, verifyAfter, leastLead, verifierCache: 600, announce: 60 })
    const signFor = 2 * turn * day + lead.activationLead
    const years = new Years({ signFor, verifyAfter, leastLead, verifierCache: 600, announce: 60 })
    const turns = new Map(lines.map(({ alg }) => [alg, [] as { kid: string; since: number; ends: Date }[]]))
    for (let hours = 0; hours < 3 * 365 * 24; hours += 1) {
      years.pass()
      for (const line of lines) {
        const key = years.signer(line)
        const seen = turns.get(line.alg) ?? []
        if (key !== undefined && seen.at(-1)?.kid !== key.kid)
          seen.push({ kid: key.kid, since: years.now.getTime(), ends: key.verifyUntil })
        if (hours > 2) expect(key, `${line.alg} after ${hours} hours`).toBeDefined()
      }
      expect(years.keys.length).toBeLessThanOrEqual(2 * 5)
    }
    for (const seen of turns.values()) {
      expect(seen.length).toBeGreaterThan((3 * 365) / turn - 2)
      for (const [at, { since }] of seen.entries()) {
        const before = seen[at - 1]
        if (before === undefined) continue
        // Each hour is looked at once, and a change is announced a minute ahead.
        expect(Math.round((since - before.since) / (day * 1000))).toBe(turn)
        expect(before.ends.getTime() - since).toBeGreaterThanOrEqual(overlap * day * 1000)
      }
    }
  })
})
