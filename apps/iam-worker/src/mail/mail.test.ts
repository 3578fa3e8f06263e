import { registerUser } from '@iam/domain/account'
import type { ComposedMail } from '@iam/domain/account'
import { locales, queueMail, type MailTemplate } from '@iam/domain/mail'
import { inOneFlight } from '@iam/domain/db'
import { openLogger } from '@iam/platform/logging'
import { MailServerAwayError, type Letter as SentLetter } from '@iam/platform/smtp'
import { addPerson, deliverMails, openWorld, setPolicy, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { sendDueMails } from './send-due-mails.ts'
import { languages } from './words.ts'
import { writeMail } from './write-mail.ts'

const mail: ComposedMail = {
  to: 'ada@acme.example',
  locale: 'en',
  letter: 'verify_email',
  tenantName: 'Acme <script>&\r\nBcc: x@evil.example',
  link: 'https://id.example/t/acme/verify-email?token=a"b',
  digits: '12345678',
  minutes: 1440,
  params: {},
}

describe('the words of a mail', () => {
  test('C182: hold no markup and no header of what somebody chose', () => {
    const { subject, text, html } = writeMail(mail)
    expect(subject).not.toMatch(/[\r\n]/)
    expect(html).not.toContain('<script>')
    expect(html).not.toContain('a"b')
    expect(text).toContain('1234 5678')
    expect(text).toContain('a day')
  })

  test('say the same in every language: each has every letter, and Arabic runs from right to left', () => {
    for (const locale of locales) {
      const { letters, direction } = languages[locale]
      expect(Object.keys(letters).toSorted()).toEqual(Object.keys(languages.en.letters).toSorted())
      for (const letter of Object.keys(letters) as ComposedMail['letter'][]) {
        const { subject, text, html } = writeMail({ ...mail, locale, letter })
        expect(subject.length).toBeGreaterThan(5)
        expect(html).toContain(`<html lang="${locale}" dir="${direction}">`)
        const hasButton = letters[letter].button !== undefined
        expect(text.includes('https://id.example/')).toBe(hasButton)
        expect(hasButton).toBe(languages.en.letters[letter].button !== undefined)
      }
    }
    expect(languages.ar.direction).toBe('rtl')
  })
})

const templates: Record<MailTemplate, true> = {
  registration: true,
  invitation: true,
  verify_email: true,
  reset_password: true,
  magic_link: true,
  login_code: true,
  password_changed: true,
  password_breached: true,
  breach_found: true,
  change_email: true,
  email_changed: true,
  new_device: true,
  session_stolen: true,
  account_locked: true,
  account_unlocked: true,
  account_suspended: true,
  account_reactivated: true,
  factor_added: true,
  factor_removed: true,
  factor_disabled: true,
  passkey_copied: true,
  recovery_code_used: true,
  recovery_codes_renewed: true,
  device_added: true,
  device_trusted: true,
  device_removed: true,
  data_export: true,
}

describe('where nobody has a password', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  /** Every mail there can be, to somebody who is known and to an address that nobody has. */
  async function everyMail(email: string): Promise<ComposedMail[]> {
    const tenantId = world.acme
    const { userId } = await addPerson(world, { tenantId, email })
    const common = { tenantId, at: world.clock() }
    const mails = (Object.keys(templates) as MailTemplate[]).flatMap((template) => [
      queueMail(world, { ...common, template, userId, address: `other.${email}` }),
      queueMail(world, { ...common, template, userId, params: { by: 'administrator' } }),
      queueMail(world, { ...common, template, address: `nobody.${email}` }),
    ])
    await inOneFlight(world.db, { tenantId }, mails)
    return deliverMails(world)
  }

  test('C184: no mail in any language offers a password, or leads to a page that does', async () => {
    const offers = (sent: ComposedMail[]) =>
      sent.flatMap((composed) =>
        locales
          .map((locale) => writeMail({ ...composed, locale }).text)
          .filter((text) => /password|mot de passe|كلمة (ال)?مرور|register/i.test(text)),
      )
    expect(offers(await everyMail('grace@acme.example')).length).toBeGreaterThan(10)
    await setPolicy(world, { passwordLogin: false })
    const sent = await everyMail('hopper@acme.example')
    expect(sent.length).toBeGreaterThan(8)
    expect(offers(sent)).toEqual([])
  })
})

describe('sending', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  const register = (email: string) =>
    registerUser(world, {
      tenantId: world.acme,
      email,
      password: 'a password that is long enough',
      locale: 'en',
      origin: world.origin,
    })

  /** A mail server that takes or refuses as a test says. */
  function server() {
    const sent: SentLetter[] = []
    const tried: string[] = []
    const behaviour: { failing: boolean | Error; afterwards: () => void } = {
      failing: false,
      afterwards: () => undefined,
    }
    const mailer = {
      send: async (letter: SentLetter) => {
        tried.push(letter.to)
        if (behaviour.failing !== false)
          throw behaviour.failing === true ? new Error('the mail server took it ill') : behaviour.failing
        sent.push(letter)
        behaviour.afterwards()
      },
      close: () => undefined,
    }
    const { workerDb: db, clock, secrets, issuer } = world
    const lines: string[] = []
    const log = openLogger({
      service: 'iam-worker',
      level: 'trace',
      stream: { write: (line) => void lines.push(line) },
    })
    const run = (isStopping = () => false) =>
      sendDueMails({ db, clock, secrets, issuer, mailer, log, isStopping })
    return { sent, tried, lines, behaviour, run }
  }

  const queued = (email: string) =>
    world.admin
      .selectFrom('iam.mail')
      .innerJoin('iam.user', 'iam.user.id', 'iam.mail.user_id')
      .select(['attempts', 'reason'])
      .where('email', '=', email)
      .execute()

  test('sends each once, and tries again half a minute after a failure', async () => {
    const { sent, behaviour, run } = server()
    await register('grace@acme.example')
    behaviour.failing = true
    await run()
    behaviour.failing = false
    await run()
    expect(sent).toEqual([])
    await world.testClock.advance(31)
    await run()
    await run()
    expect(sent.map((letter) => letter.to)).toEqual(['grace@acme.example'])
  })

  test('killed between sending and saying so, sends the same words under the same id again', async () => {
    const { sent, behaviour, run } = server()
    await register('hopper@acme.example')
    const { kysely } = world.workerDb
    behaviour.afterwards = () => {
      // What a kill leaves behind: the server has the mail, the database does not know.
      Object.assign(world.workerDb, { kysely: kysely.withSchema('nowhere') })
    }
    await run()
    behaviour.afterwards = () => undefined
    Object.assign(world.workerDb, { kysely })
    await kysely
      .updateTable('iam.mail')
      .set({ sent_at: null })
      .where('id', '=', sent[0]?.id ?? '')
      .execute()
    await world.testClock.advance(31)
    await run()
    expect(sent).toHaveLength(2)
    expect(sent[1]).toEqual(sent[0])
  })

  test('while the mail server is away, one mail a run is tried, and the others wait as they are', async () => {
    const { sent, tried, behaviour, run } = server()
    const people = ['one@acme.example', 'two@acme.example', 'three@acme.example']
    for (const email of people) await register(email)
    behaviour.failing = new MailServerAwayError('away')
    await run()
    await run()
    expect(tried).toHaveLength(2)
    behaviour.failing = false
    await run()
    expect(sent).toHaveLength(1)
    await world.testClock.advance(31)
    await run()
    expect(sent.map(({ to }) => to).toSorted((a, b) => a.localeCompare(b))).toEqual(
      people.toSorted((a, b) => a.localeCompare(b)),
    )
  })

  test('begins no other mail once the process is to end, however many are due', async () => {
    const { sent, run } = server()
    const people = ['first@acme.example', 'second@acme.example', 'third@acme.example']
    for (const email of people) await register(email)
    await run(() => sent.length > 0)
    expect(sent).toHaveLength(1)
    await run()
    expect(sent).toHaveLength(3)
  })

  test('C182: what is no address that every mail program reads alike gets no mail, and holds none up', async () => {
    const { sent, tried, run } = server()
    const odd = 'victim,b@acme.example'
    await register(odd)
    await register('even@acme.example')
    await run()
    expect(sent.map(({ to }) => to)).toEqual(['even@acme.example'])
    expect(tried).toEqual(['even@acme.example'])
    expect(await queued(odd)).toEqual([{ attempts: 1, reason: 'no address that can be mailed' }])
  })

  test('C177: the log of a mail that fails holds no link, no digits and no address', async () => {
    const { sent, lines, behaviour, run } = server()
    await register('canary@acme.example')
    behaviour.failing = Object.assign(new Error('550 5.1.1 <canary@acme.example>: refused'), {
      code: 'EENVELOPE',
      rejected: ['canary@acme.example'],
      envelope: { to: ['canary@acme.example'] },
    })
    await run()
    behaviour.failing = false
    await world.testClock.advance(31)
    await run()
    const [letter] = sent
    const [token = ''] = /mlo_[0-9A-Za-z]+/.exec(letter?.text ?? '') ?? []
    const [digits = ''] = /\d{4} \d{4}/.exec(letter?.text ?? '') ?? []
    expect([token.length, digits.length]).toEqual([136, 9])
    const text = lines.join('')
    expect(text).toContain('A mail could not be sent')
    expect(text).not.toMatch(/canary/)
    for (const secret of [token, digits, digits.replace(' ', '')]) expect(text).not.toContain(secret)
  })
})
