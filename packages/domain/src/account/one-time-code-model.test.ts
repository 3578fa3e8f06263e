import { addPerson, deliverMails, openWorld, tokenIn, type World } from '@iam/testkit/world'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { inOneFlight } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { oneTimePurposes, type OneTimePurpose } from '../one-time-code/index.ts'
import {
  confirmEmailChange,
  requestEmailChange,
  requestEmailVerification,
  requestPasswordReset,
  resetPassword,
  undoEmailChange,
  verifyEmailByCode,
  verifyEmailByLink,
} from './index.ts'

type Asked = Exclude<OneTimePurpose, 'undo_email_change'>
type Command =
  | { readonly do: 'ask'; readonly purpose: Asked }
  /** As many at once as there are entries; `digits` counts where there are some. */
  | { readonly do: 'use'; readonly which: number; readonly by: readonly ('link' | 'digits')[] }
  /** While the newest is being used, another one of its purpose is mailed. */
  | { readonly do: 'use and ask'; readonly purpose: Asked; readonly times: number }
  | { readonly do: 'change address' }
  /** Of the ways back there are, not of the codes. */
  | { readonly do: 'undo'; readonly which: number; readonly times: number }
  | { readonly do: 'guess'; readonly times: number }
  | { readonly do: 'move'; readonly seconds: number }
  /** Somebody imports the address as unconfirmed, so that confirming it means something again. */
  | { readonly do: 'unconfirm' }

const purpose = fc.constantFrom<Asked>('verify_email', 'reset_password', 'change_email', 'invitation')
const by = fc.array(fc.constantFrom<'link' | 'digits'>('link', 'digits'), { minLength: 1, maxLength: 6 })
const commands = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('ask' as const), purpose }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('use' as const), which: fc.nat({ max: 5 }), by }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('use and ask' as const),
      purpose,
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('guess' as const), times: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 3,
    // Never near an end of life: 10 minutes, 1 hour, 1, 3 and 7 days.
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      seconds: fc.constantFrom(200, 500, 700, 2_000, 4_000, 50_000, 100_000, 300_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('change address' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('undo' as const),
      which: fc.nat({ max: 2 }),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unconfirm' as const) }) },
)

interface Code {
  readonly purpose: OneTimePurpose
  readonly token: string
  readonly digits: string | undefined
  readonly endsAt: number
  /** Where a change of address goes, or comes from. */
  readonly subject: string
  /** `perhaps`: mailed while an older one was being used. */
  state: 'live' | 'perhaps' | 'over'
  guesses: number
}

/** What a success takes with it: codes that were mailed for what has been overtaken by it. */
const voidedBy: Record<OneTimePurpose, readonly OneTimePurpose[]> = {
  verify_email: [],
  reset_password: ['reset_password', 'invitation', 'change_email'],
  invitation: ['reset_password', 'invitation', 'change_email'],
  change_email: ['verify_email', 'reset_password', 'change_email'],
  undo_email_change: ['verify_email', 'reset_password', 'change_email'],
}

/** What a person's codes are to do, written once more and simply. Times in seconds from the beginning. */
class Model {
  readonly codes: Code[] = []
  now = 0
  isConfirmed = false
  /** After a change of address was taken back, until a new password is chosen. */
  isLocked = false

  /** Whether using it must succeed for one; undefined where it may or may not. */
  mustWork(code: Code): boolean | undefined {
    if (code.state === 'over' || this.now >= code.endsAt) return false
    if (code.purpose === 'verify_email' && this.isConfirmed) return false
    if (code.purpose === 'change_email' && this.isLocked) return false
    return code.state === 'live' ? true : undefined
  }

  /** The way back from each change of address stays: a thief who changes it twice must not take the first one away. */
  mailed(code: Omit<Code, 'state' | 'guesses' | 'endsAt'>, state: 'live' | 'perhaps' = 'live'): void {
    if (code.purpose !== 'undo_email_change') this.end(code.purpose)
    this.codes.push({ ...code, state, guesses: 0, endsAt: this.now + oneTimePurposes[code.purpose] })
  }

  end(...purposes: readonly OneTimePurpose[]): void {
    for (const code of this.codes) if (purposes.includes(code.purpose)) code.state = 'over'
  }

  used(code: Code): void {
    code.state = 'over'
    this.end(...voidedBy[code.purpose])
    this.isConfirmed = true
    if (code.purpose === 'reset_password' || code.purpose === 'invitation') this.isLocked = false
    if (code.purpose === 'undo_email_change') this.isLocked = true
    if (code.purpose !== 'undo_email_change') return
    const later = this.codes.slice(this.codes.indexOf(code) + 1)
    for (const other of later) if (other.purpose === 'undo_email_change') other.state = 'over'
  }
}

/** One person, to whom everything is mailed; each step is compared with the model. */
class Run {
  readonly model = new Model()
  readonly #world: World
  readonly #userId: Id<'usr'>
  #email: string
  #password: string
  #count = 0

  constructor(world: World, { userId, email }: { userId: Id<'usr'>; email: string }) {
    this.#world = world
    this.#userId = userId
    this.#email = email
    this.#password = world.demo.password
  }

  get #from() {
    return { tenantId: this.#world.acme, origin: this.#world.origin }
  }

  async step(command: Command): Promise<void> {
    switch (command.do) {
      case 'ask':
        await this.#ask(command.purpose)
        break
      case 'use':
        await this.#use(this.model.codes.at(-1 - command.which), command.by)
        break
      case 'use and ask':
        await this.#useAndAsk(command.purpose, command.times)
        break
      case 'change address':
        await this.#ask('change_email')
        if (!this.model.isLocked) await this.#use(this.model.codes.at(-1), ['link'])
        break
      case 'undo': {
        const ways = this.model.codes.filter((code) => code.purpose === 'undo_email_change')
        const links = Array.from({ length: command.times }, () => 'link' as const)
        await this.#use(ways.at(-1 - command.which), links)
        break
      }
      case 'guess':
        await this.#guess(command.times)
        break
      case 'move':
        this.model.now += command.seconds
        await this.#world.testClock.advance(command.seconds)
        break
      case 'unconfirm': {
        const { admin } = this.#world
        await admin
          .updateTable('iam.user')
          .set({ email_verified_at: null })
          .where('id', '=', this.#userId)
          .execute()
        this.model.isConfirmed = false
      }
    }
  }

  /** @returns where a change of address is to go. */
  async #request(purpose: Asked): Promise<string> {
    const world = this.#world
    const { email } = { email: this.#email }
    const target = `to${(this.#count += 1)}.${email.replace(/^to\d+\./, '')}`
    if (purpose === 'verify_email')
      await requestEmailVerification(world, { ...this.#from, email, locale: 'en' })
    if (purpose === 'reset_password')
      await requestPasswordReset(world, { ...this.#from, email, locale: 'en' })
    if (purpose === 'invitation') {
      const { tenantId } = this.#from
      const mail = { tenantId, template: 'invitation', userId: this.#userId, at: world.clock() } as const
      await inOneFlight(world.db, { tenantId }, [queueMail(world, mail)])
    }
    if (purpose === 'change_email') {
      const change = {
        ...this.#from,
        userId: this.#userId,
        authTime: 0,
        email: target,
        password: this.#password,
      }
      await requestEmailChange(world, change)
    }
    return purpose === 'change_email' ? target : email
  }

  /** Has everything sent that waits; what carries a code is added to the model. */
  async #deliver(subject: string, state: 'live' | 'perhaps' = 'live'): Promise<void> {
    const purposes: Partial<Record<string, OneTimePurpose>> = { email_changed: 'undo_email_change' }
    for (const mail of await deliverMails(this.#world)) {
      const { letter, digits } = mail
      const of = letter in oneTimePurposes ? (letter as OneTimePurpose) : purposes[letter]
      if (of === undefined) continue
      this.model.mailed({ purpose: of, token: tokenIn(mail), digits, subject }, state)
    }
  }

  async #ask(purpose: Asked): Promise<void> {
    await this.#deliver(await this.#request(purpose))
  }

  async #present({ purpose, token, digits }: Code, how: 'link' | 'digits', password: string): Promise<void> {
    const world = this.#world
    const link = { ...this.#from, token }
    const byDigits = { ...this.#from, email: this.#email, code: digits ?? '' }
    const ways: Record<OneTimePurpose, () => Promise<void>> = {
      verify_email: () =>
        how === 'digits' ? verifyEmailByCode(world, byDigits) : verifyEmailByLink(world, link),
      reset_password: () => resetPassword(world, { ...link, password }),
      invitation: () => resetPassword(world, { ...link, password }),
      change_email: () => confirmEmailChange(world, link),
      undo_email_change: () => undoEmailChange(world, link),
    }
    await ways[purpose]()
  }

  /** @returns how many of those who present a code at once succeed. */
  async #presentAll(code: Code, by: readonly ('link' | 'digits')[]): Promise<number> {
    const passwords = by.map(() => `model password number ${(this.#count += 1)}`)
    const outcomes = await Promise.all(
      by.map((how, n) =>
        this.#present(code, how, passwords[n] ?? '').then(
          () => true,
          (error: { code?: string }) => {
            expect(error.code).toBe('code_invalid')
            return false
          },
        ),
      ),
    )
    const winner = passwords[outcomes.indexOf(true)]
    if (winner !== undefined && ['reset_password', 'invitation'].includes(code.purpose))
      this.#password = winner
    return outcomes.filter(Boolean).length
  }

  async #use(code: Code | undefined, how: readonly ('link' | 'digits')[]): Promise<void> {
    if (code === undefined) return
    // Digits that were overtaken, or guessed at too often, are wrong ones for the code there is.
    const typed = code.state === 'live' && code.guesses < 5 ? how : how.map(() => 'link' as const)
    const must = this.model.mustWork(code)
    const successes = await this.#presentAll(code, typed)
    if (must === undefined) expect(successes).toBeLessThanOrEqual(1)
    else expect([code.purpose, successes]).toEqual([code.purpose, must ? 1 : 0])
    await this.#settle(code, successes)
  }

  async #settle(code: Code, successes: number): Promise<void> {
    if (successes === 0) {
      code.state = 'over'
      return
    }
    const before = this.#email
    if (code.purpose === 'change_email' || code.purpose === 'undo_email_change') this.#email = code.subject
    this.model.used(code)
    await this.#deliver(before)
  }

  async #useAndAsk(purpose: Asked, times: number): Promise<void> {
    const newest = this.model.codes.findLast((code) => code.purpose === purpose)
    const must = newest && this.model.mustWork(newest)
    if (newest === undefined || must !== true) return this.#ask(purpose)
    const subject = await this.#request(purpose)
    const links = Array.from({ length: times }, () => 'link' as const)
    const before = this.#email
    const [successes] = await Promise.all([
      this.#presentAll(newest, links),
      this.#deliver(subject, 'perhaps'),
    ])
    expect(successes).toBeLessThanOrEqual(1)
    newest.state = 'over'
    if (successes === 0) return
    if (purpose === 'change_email') this.#email = newest.subject
    const overtaking = this.model.codes.filter((code) => code.state === 'perhaps')
    this.model.used(newest)
    for (const code of overtaking) code.state = 'perhaps'
    await this.#deliver(before)
  }

  async #guess(times: number): Promise<void> {
    const newest = this.model.codes.findLast(({ purpose }) => purpose === 'verify_email')
    const right = newest?.digits ?? '00000000'
    const wrong = String((Number(right) + 1) % 1e8).padStart(8, '0')
    const guess = { ...this.#from, email: this.#email, code: wrong }
    const guesses = Array.from({ length: times }, () => verifyEmailByCode(this.#world, guess))
    for (const outcome of await Promise.allSettled(guesses)) expect(outcome.status).toBe('rejected')
    if (newest === undefined) return
    newest.guesses += times
    if (newest.guesses >= 5 && newest.digits !== undefined)
      expect(await this.#presentAll(newest, ['digits'])).toBe(0)
  }
}

describe('the codes that are mailed to a person', () => {
  let world: World
  let people = 0
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  test(
    'C176, C179: each works once at most, whoever asks at once, and none that was used, overtaken or has run out works',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(commands, { minLength: 6, maxLength: 24 }), async (steps) => {
          const email = `model${(people += 1)}@acme.example`
          const run = new Run(world, await addPerson(world, { tenantId: world.acme, email }))
          for (const step of steps) await run.step(step)
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
