import { eventsOf, openWorld, type World } from '@iam/testkit/world'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { hashPassword } from '../credential/index.ts'
import type { Id } from '../kit/index.ts'
import { createUser } from '../user/index.ts'
import {
  checkBrowserSession,
  endOwnSession,
  listSessions,
  logInBrowserWithPassword,
  logInWithPassword,
  logOutEverywhere,
  refreshSession,
  RefreshFlights,
  type IssuedSession,
} from './index.ts'

const maxSessions = 3
const sessionSeconds = 28_800
const idleSeconds = 3_600

type Kind = 'app' | 'browser'
type Command =
  | { readonly do: 'open'; readonly kind: Kind; readonly again: boolean }
  | { readonly do: 'burst'; readonly kinds: readonly Kind[] }
  | { readonly do: 'use'; readonly which: number; readonly times: number }
  | { readonly do: 'end'; readonly which: number }
  | { readonly do: 'end all'; readonly except: number | undefined }
  | { readonly do: 'move'; readonly seconds: number }
  /** Something is done while a clock is wrong, which is then set right. */
  | { readonly do: 'astray'; readonly seconds: number; readonly command: Command }

const kind = fc.constantFrom<Kind>('app', 'browser')
const which = fc.nat({ max: 4 })
// Multiples of 700 seconds are never within 100 of the hour of idle time, the eight of the whole, or the minute.
const seconds = fc.constantFrom(700, 700, 1_400, 2_100, 4_200, 9_100, -700, -2_100, -9_100)
const simple: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('open' as const), kind, again: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('burst' as const),
      kinds: fc.array(kind, { minLength: 2, maxLength: 6 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('use' as const), which, times: fc.constantFrom(1, 1, 4) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('end all' as const),
      except: fc.option(which, { nil: undefined }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('move' as const), seconds }) },
)
const astray = fc.record({
  do: fc.constant('astray' as const),
  seconds: fc.constantFrom(4_200, 30_100, -700, -2_100),
  command: simple.filter((command) => command.do !== 'move'),
})
const commands = fc.oneof({ weight: 5, arbitrary: simple }, { weight: 2, arbitrary: astray })

interface Session {
  readonly id: Id<'ses'>
  readonly kind: Kind
  token: string
  readonly endsAt: number
  idleUntil: number
  /** When its use was last noted. */
  notedAt: number
  /** Nothing brings it to life again. */
  isOver: boolean
  /** Its end is told by an event. */
  isRevoked: boolean
}

/** What a person's sessions are to be, written once more and simply. Times in seconds from the beginning. */
class Model {
  readonly sessions: Session[] = []
  now = 0

  /** The newest first, as their ids sort. */
  get alive(): Session[] {
    const alive = this.sessions.filter((session) => this.isAlive(session))
    return alive.toSorted((a, b) => (a.id < b.id ? 1 : -1))
  }

  isAlive({ isOver, endsAt, idleUntil }: Session): boolean {
    return !isOver && this.now < endsAt && this.now < idleUntil
  }

  open(opened: Pick<Session, 'id' | 'kind' | 'token'>, previous: Session | undefined): void {
    const others = this.alive.filter((session) => session !== previous)
    for (const tooMany of others.slice(maxSessions - 1)) this.end(tooMany)
    if (previous !== undefined) this.end(previous)
    this.add(opened)
  }

  add(opened: Pick<Session, 'id' | 'kind' | 'token'>): void {
    const { now } = this
    const times = { endsAt: now + sessionSeconds, idleUntil: now + idleSeconds, notedAt: now }
    this.sessions.push({ ...opened, ...times, isOver: false, isRevoked: false })
  }

  /** @returns whether it stands. One that is found to be over stays so. */
  use(session: Session): boolean {
    const isAlive = this.isAlive(session)
    if (!isAlive && session.kind === 'browser') this.end(session)
    if (!isAlive) session.isOver = true
    if (!isAlive || (session.kind === 'browser' && session.notedAt > this.now - 60)) return isAlive
    session.notedAt = this.now
    session.idleUntil = Math.min(this.now + idleSeconds, session.endsAt)
    return true
  }

  end(session: Session): void {
    if (!session.isRevoked) session.isRevoked = !session.isOver || session.kind === 'app'
    session.isOver = true
  }
}

/** One person, whose sessions do everything; each step is compared with the model. */
class Run {
  readonly model = new Model()
  readonly #world: World
  readonly #person: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'>; readonly email: string }

  constructor(world: World, person: { tenantId: Id<'ten'>; userId: Id<'usr'>; email: string }) {
    this.#world = world
    this.#person = person
  }

  async step(command: Command): Promise<void> {
    switch (command.do) {
      case 'open':
        await this.#open(command.kind, command.again)
        break
      case 'burst':
        await this.#burst(command.kinds)
        break
      case 'use':
        await this.#use(this.#pick(command.which), command.times)
        break
      case 'end':
        await this.#end(this.#pick(command.which))
        break
      case 'end all':
        await this.#endAll(command.except === undefined ? undefined : this.#pick(command.except))
        break
      case 'move':
        await this.move(command.seconds)
        break
      case 'astray': {
        const right = this.model.now
        await this.move(command.seconds)
        await this.step(command.command)
        await this.move(right - this.model.now)
      }
    }
    await this.#agree()
  }

  #pick(which: number): Session | undefined {
    return this.model.sessions.at(-1 - which)
  }

  /** Never to before the beginning. */
  async move(by: number): Promise<void> {
    const seconds = Math.max(by, -this.model.now)
    this.model.now += seconds
    await this.#world.testClock.advance(seconds)
  }

  async #logIn(kind: Kind, previous?: Session): Promise<Pick<Session, 'id' | 'kind' | 'token'>> {
    const { tenantId, email } = this.#person
    const login = { tenantId, email, password: this.#world.demo.password, origin: this.#world.origin }
    if (kind === 'app') {
      const { session, refreshToken } = await logInWithPassword(this.#world, login)
      return { id: session.id, kind, token: refreshToken }
    }
    const opened = await logInBrowserWithPassword(this.#world, { ...login, previous: previous?.token })
    return { id: opened.session.id, kind, token: opened.token }
  }

  /** @param again whether the browser that was used last signs in again. */
  async #open(kind: Kind, again: boolean): Promise<void> {
    const browser = this.model.sessions.findLast((session) => session.kind === 'browser')
    const previous = kind === 'browser' && again ? browser : undefined
    this.model.open(await this.#logIn(kind, previous), previous?.isRevoked === true ? undefined : previous)
  }

  /** Of logins at once none is the last one for sure; but there are never too many, and the oldest go first. */
  async #burst(kinds: readonly Kind[]): Promise<void> {
    const before = this.model.alive
    const opened = await Promise.all(kinds.map((each) => this.#logIn(each)))
    for (const each of opened) this.model.add(each)
    const left = new Set(await this.#listed())
    expect(left.size).toBe(Math.min(maxSessions, before.length + opened.length))
    const kept = before.map(({ id }) => left.has(id))
    expect(kept).toEqual(kept.toSorted((a, b) => Number(b) - Number(a)))
    for (const session of this.model.alive) if (!left.has(session.id)) this.model.end(session)
  }

  async #use(session: Session | undefined, times: number): Promise<void> {
    if (session === undefined) return
    const stands = this.model.use(session)
    const answers = await Promise.all(Array.from({ length: times }, () => this.#present(session)))
    expect(new Set(answers.map((answer) => answer !== undefined))).toEqual(new Set([stands]))
    session.token = answers[0] ?? session.token
  }

  /** @returns the token to present next; undefined when it is refused. */
  async #present({ kind, token }: Session): Promise<string | undefined> {
    const { tenantId } = this.#person
    const alone = { ...this.#world, refreshFlights: new RefreshFlights<IssuedSession>() }
    const { origin } = this.#world
    const refused = (error: { code?: string }) => {
      expect(error.code).toBe(kind === 'app' ? 'invalid_grant' : 'session_ended')
      return undefined
    }
    if (kind === 'app')
      return refreshSession(alone, { refreshToken: token, origin }).then((it) => it.refreshToken, refused)
    return checkBrowserSession(this.#world, { tenantId, token }).then(() => token, refused)
  }

  async #end(session: Session | undefined): Promise<void> {
    if (session === undefined) return
    const { tenantId, userId } = this.#person
    const { id: sessionId } = session
    const stands = this.model.isAlive(session)
    const ended = endOwnSession(this.#world, { tenantId, userId, sessionId, origin: this.#world.origin })
    if (!stands) return expect(ended).rejects.toMatchObject({ code: 'not_found' })
    await ended
    this.model.end(session)
  }

  async #endAll(kept: Session | undefined): Promise<void> {
    const { tenantId, userId } = this.#person
    const except = kept === undefined ? {} : { except: kept.id }
    await logOutEverywhere(this.#world, { tenantId, userId, ...except, origin: this.#world.origin })
    for (const session of this.model.sessions) if (session !== kept) this.model.end(session)
  }

  async #listed(): Promise<Id<'ses'>[]> {
    const { items } = await listSessions(this.#world, { ...this.#person, limit: 100 })
    return items.map(({ id }) => id)
  }

  async #agree(): Promise<void> {
    expect(await this.#listed()).toEqual(this.model.alive.map(({ id }) => id))
  }

  /** Each session's end was told once, if it was told. */
  async agreeOnEvents(): Promise<void> {
    for (const { id, isRevoked } of this.model.sessions) {
      const types = (await eventsOf(this.#world, this.#person.tenantId, id)).map(({ type }) => type)
      const told = types.filter((type) => type !== 'session.refreshed')
      expect(told).toEqual(isRevoked ? ['session.created', 'session.revoked'] : ['session.created'])
    }
  }
}

describe('the sessions of a person', () => {
  let world: World
  let people = 0
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    const policy = JSON.stringify({ sessionSeconds, sessionIdleSeconds: idleSeconds, maxSessions })
    await world.admin.updateTable('iam.tenant').set({ policy }).where('tenant_id', '=', world.acme).execute()
  })
  afterAll(() => world.close())

  async function newRun(): Promise<Run> {
    const { acme: tenantId } = world
    const password = await hashPassword(world, { tenantId, password: world.demo.password })
    const email = `person${(people += 1)}@acme.example`
    const userId = await createUser(world, { tenantId, email, password })
    if (userId === undefined) throw new Error(`${email} is taken.`)
    return new Run(world, { tenantId, userId, email })
  }

  test(
    'C160, C161: are what a simple model says: idle, absolute and at most so many, with clocks that are set back',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(commands, { minLength: 8, maxLength: 30 }), async (steps) => {
          const run = await newRun()
          try {
            for (const step of steps) await run.step(step)
            await run.agreeOnEvents()
          } finally {
            await run.move(-run.model.now)
          }
        }),
        {
          numRuns: inject('long') ? 300 : 25,
          interruptAfterTimeLimit: inject('long') ? 600_000 : 30_000,
          markInterruptAsFailure: false,
        },
      )
    },
    inject('long') ? 700_000 : 300_000,
  )
})
