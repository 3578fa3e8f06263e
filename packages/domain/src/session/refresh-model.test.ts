import { randomBytes } from 'node:crypto'
import { logIn, openWorld, stateOf, type World } from '@iam/testkit/world'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { mintOpaqueToken, readOpaqueToken } from '../opaque-token/index.ts'
import { endSession, refreshSession, RefreshFlights, type IssuedSession } from './index.ts'

type Agent = 'a' | 'b'
type Outcome = 'rotate' | 'replay' | 'superseded' | 'burn' | 'dead' | 'expired' | 'forged' | 'future'

type Command =
  | { readonly do: 'advance'; readonly seconds: number }
  | { readonly do: 'present'; readonly age: number; readonly agent: Agent }
  | { readonly do: 'forge'; readonly ahead: number }
  | { readonly do: 'burst'; readonly ages: readonly number[] }
  | { readonly do: 'revoke' }
  | { readonly do: 'forget' }

// One step of 5 seconds stands in the middle of the window of ten, two are past it; so few as there are never
// come near the hour of idle time but by steps of 1,000.
const commands: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('advance' as const), seconds: fc.constantFrom(5, 5, 11, 1000) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('present' as const),
      age: fc.constantFrom(0, 0, 0, 1, 1, 2, 3),
      agent: fc.constantFrom('a' as const, 'a' as const, 'b' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('forge' as const), ahead: fc.constantFrom(-1, 0, 1, 5) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('burst' as const),
      ages: fc.array(fc.constantFrom(0, 0, 1), { minLength: 2, maxLength: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'revoke' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'forget' as const }) },
)

/** The table of outcomes, written once more and simply: what the one statement must agree with. */
class Model {
  readonly tokens: string[] = []
  readonly outcomes: Outcome[] = []
  rotatedAt: number[] = []
  rotatedBy: Agent | undefined
  foreignReplay: number | undefined
  served = 0
  now = 0
  expiresAt = 3600
  over = false

  get generation(): number {
    return this.tokens.length
  }

  decide(generation: number, genuine: boolean, agent: Agent): Outcome {
    if (this.over) return 'dead'
    if (this.expiresAt <= this.now) return 'expired'
    if (generation > this.generation) return 'future'
    if (generation === this.generation) return genuine ? 'rotate' : 'forged'
    if (generation === this.generation - 1 && !genuine) return 'forged'
    const inWindow =
      (this.rotatedAt[this.generation - generation - 1] ?? Number.NEGATIVE_INFINITY) > this.now - 10
    if (!inWindow) return 'burn'
    if (generation !== this.generation - 1) return 'superseded'
    const isForeign = agent !== this.rotatedBy
    if (isForeign && this.foreignReplay === this.generation - 1) return 'burn'
    return this.served >= 64 ? 'superseded' : 'replay'
  }

  apply(outcome: Outcome, agent: Agent, issued: string | undefined): void {
    this.outcomes.push(outcome)
    if (outcome === 'burn') this.over = true
    if (outcome === 'replay') {
      this.served += 1
      if (agent !== this.rotatedBy) this.foreignReplay = this.generation
    }
    if (outcome !== 'rotate' || issued === undefined) return
    this.tokens.push(issued)
    this.rotatedAt = [this.now, ...this.rotatedAt].slice(0, 16)
    this.rotatedBy = agent
    this.served = 0
    this.expiresAt = Math.min(this.now + 3600, 28_800)
  }
}

const codes: Record<Outcome, string | undefined> = {
  rotate: undefined,
  replay: undefined,
  superseded: 'invalid_grant',
  burn: 'refresh_reused',
  dead: 'invalid_grant',
  expired: 'invalid_grant',
  forged: 'invalid_grant',
  future: 'invalid_grant',
}

/** One family, presented to in every way; each step is compared with the model. */
class Run {
  readonly #world: World
  readonly #first: IssuedSession
  readonly model = new Model()

  constructor(world: World, first: IssuedSession) {
    this.#world = world
    this.#first = first
    this.model.tokens.push(first.refreshToken)
  }

  async step(command: Command): Promise<void> {
    if (command.do === 'advance') await this.#advance(command.seconds)
    if (command.do === 'present') await this.#present(this.model.generation - command.age, command.agent)
    if (command.do === 'forge') await this.#forge(this.model.generation + command.ahead)
    if (command.do === 'burst') await this.#burst(command.ages)
    if (command.do === 'revoke') await this.#revoke()
    if (command.do === 'forget') await this.#world.forget()
    await this.#agree()
  }

  async #advance(seconds: number): Promise<void> {
    this.model.now += seconds
    await this.#world.testClock.advance(seconds)
  }

  async #refresh(refreshToken: string, agent: Agent): Promise<IssuedSession | { code: string }> {
    const instance = { ...this.#world, refreshFlights: new RefreshFlights<IssuedSession>() }
    const origin = { ...this.#world.origin, agent }
    return refreshSession(instance, { refreshToken, origin }).catch((error: { code: string }) => error)
  }

  async #present(generation: number, agent: Agent): Promise<void> {
    const token = this.model.tokens[generation - 1]
    if (token === undefined) return
    const outcome = this.model.decide(generation, true, agent)
    const answer = await this.#refresh(token, agent)
    if ('code' in answer) expect(answer.code).toBe(codes[outcome])
    else expect(codes[outcome]).toBeUndefined()
    const issued = 'code' in answer ? undefined : answer.refreshToken
    this.model.apply(outcome, agent, issued)
    // I2: a replay gives the same successor; I10: the access token is for what the first one was for.
    if (outcome === 'replay') expect(issued).toBe(this.model.tokens.at(-1))
    if (!('code' in answer)) this.#sameRights(answer)
  }

  #sameRights(answer: IssuedSession): void {
    const rights = ({ accessToken }: IssuedSession) => {
      const [, payload] = accessToken.split('.')
      const {
        iat: _iat,
        exp: _exp,
        jti: _jti,
        ...claims
      } = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as Record<string, unknown>
      return claims
    }
    expect(rights(answer)).toEqual(rights(this.#first))
    expect(verifyAccessToken(this.#world, answer.accessToken).userId).toBe(this.#first.user.id)
  }

  async #forge(generation: number): Promise<void> {
    if (generation < 1) return
    const { tenantId, objectId } = this.#read(this.#first.refreshToken)
    const tagKey = this.#world.secrets.of('token-tag').current(this.#world.clock())
    const secret = randomBytes(32)
    const { token } = mintOpaqueToken(tagKey, { type: 'refresh', tenantId, objectId, generation, secret })
    const outcome = this.model.decide(generation, false, 'a')
    const before = await stateOf(this.#world, objectId)
    expect(await this.#refresh(token, 'a')).toMatchObject({ code: 'invalid_grant' })
    expect(await stateOf(this.#world, objectId)).toEqual(before) // I5
    this.model.apply(outcome, 'a', undefined)
  }

  /** Several tokens at once from one place: whatever their order, one successor and no harm. */
  async #burst(ages: readonly number[]): Promise<void> {
    const { generation } = this.model
    const previousIsSafe = (this.model.rotatedAt[0] ?? Number.NEGATIVE_INFINITY) > this.model.now - 10
    if (this.model.rotatedBy === 'b' || this.model.foreignReplay !== undefined) return
    const safe = ages.filter((age) => age === 0 || (previousIsSafe && generation > 1))
    const presented = safe.map((age) => this.model.tokens[generation - age - 1] ?? '')
    const answers = await Promise.all(presented.map((token) => this.#refresh(token, 'a')))
    const newest = answers.filter((answer, n) => safe[n] === 0 && !('code' in answer)) as IssuedSession[]
    const alive = !this.model.over && this.model.expiresAt > this.model.now
    expect(new Set(newest.map((answer) => answer.refreshToken)).size).toBe(alive && safe.includes(0) ? 1 : 0)
    for (const [n, answer] of answers.entries()) {
      if (safe[n] === 1 && !('code' in answer)) expect(answer.refreshToken).toBe(this.model.tokens.at(-1))
      if ('code' in answer) expect(answer.code).toBe('invalid_grant') // I4, I6: nobody is burned
    }
    await this.#adopt(newest[0]?.refreshToken, answers.length)
  }

  /** Takes over what a burst did, whose order nobody knows, from the audit trail and the family's counters. */
  async #adopt(successor: string | undefined, presentations: number): Promise<void> {
    const seen = await this.#recorded()
    const before = count(this.model.outcomes)
    for (const outcome of ['rotate', 'replay'] as const) {
      for (let n = before[outcome] ?? 0; n < (seen[outcome] ?? 0); n += 1) this.model.outcomes.push(outcome)
    }
    expect(this.model.outcomes.length - total(before)).toBeLessThanOrEqual(presentations)
    if (successor === undefined) return
    this.model.tokens.push(successor)
    this.model.rotatedAt = [this.model.now, ...this.model.rotatedAt].slice(0, 16)
    this.model.rotatedBy = 'a'
    this.model.expiresAt = Math.min(this.model.now + 3600, 28_800)
    const { family } = await this.#state()
    this.model.served = family.served
  }

  async #revoke(): Promise<void> {
    const { origin, acme: tenantId } = this.#world
    const actor = { type: 'system' } as const
    await endSession(this.#world, {
      tenantId,
      sessionId: this.#first.session.id,
      actor,
      reason: 'revoked_by_administrator',
      origin,
    })
    this.model.over = true
  }

  #read(token: string) {
    const read = readOpaqueToken(this.#world.secrets.of('token-tag'), 'refresh', token)
    if (read === undefined) throw new Error('not one of ours')
    return read
  }

  async #state() {
    return stateOf(this.#world, this.#read(this.#first.refreshToken).objectId)
  }

  /** I1, I3, I4 and I8: the row is where the model is, and audit and outbox tell every outcome once. */
  async #agree(): Promise<void> {
    const { family, session } = await this.#state()
    expect(Number(family.generation)).toBe(this.model.generation)
    expect(family.revoked_at !== null).toBe(this.model.over)
    expect(session.revoked_at !== null).toBe(this.model.over)
    const recorded = await this.#recorded()
    const expected = count(this.model.outcomes)
    for (const outcome of ['rotate', 'replay', 'burn', 'forged', 'future'] as const) {
      expect(recorded[outcome] ?? 0, outcome).toBe(expected[outcome] ?? 0)
    }
    expect(recorded.refreshedEvents).toBe(expected.rotate ?? 0)
    expect(recorded.burnEvents).toBe(expected.burn ?? 0)
  }

  async #recorded() {
    const id = this.#first.session.id
    const audit = await this.#world.admin
      .selectFrom('iam.audit_event')
      .select(['action', 'reason'])
      .where('target_id', '=', id)
      .execute()
    const events = await this.#world.admin
      .selectFrom('iam.outbox')
      .select(['type', 'payload'])
      .where('ordering_key', '=', `${this.#world.acme}:${id}`)
      .execute()
    const has = (action: string, reason: string | null) =>
      audit.filter((row) => row.action === action && row.reason === reason).length
    return {
      rotate: has('session.refreshed', null),
      replay: has('session.refresh_replayed', null),
      burn: has('session.revoked', 'refresh_reused'),
      forged: has('session.refresh_refused', 'forged'),
      future: has('session.refresh_refused', 'future'),
      refreshedEvents: events.filter((event) => event.type === 'session.refreshed').length,
      burnEvents: events.filter(
        (event) =>
          event.type === 'session.revoked' &&
          (event.payload as { reason?: string }).reason === 'refresh_reused',
      ).length,
    }
  }
}

function count(outcomes: readonly Outcome[]): Partial<Record<Outcome, number>> {
  const counted: Partial<Record<Outcome, number>> = {}
  for (const outcome of outcomes) counted[outcome] = (counted[outcome] ?? 0) + 1
  return counted
}

function total(counted: Partial<Record<Outcome, number>>): number {
  return Object.values(counted).reduce((sum, n) => sum + n, 0)
}

describe('a refresh family', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  test('holds I1 to I10 under random interleavings of presentations, forgeries, time and revocation', async () => {
    const rounds = inject('long') ? 1500 : 60
    await fc.assert(
      fc.asyncProperty(fc.array(commands, { minLength: 3, maxLength: 18 }), async (script) => {
        const run = new Run(world, await logIn(world))
        for (const command of script) await run.step(command)
      }),
      {
        numRuns: rounds,
        interruptAfterTimeLimit: inject('long') ? 600_000 : 30_000,
        markInterruptAsFailure: false,
      },
    )
  }, 700_000)
})
