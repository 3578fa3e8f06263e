import { registerUser } from '@iam/domain/account'
import type { ComposedMail } from '@iam/domain/account'
import { locales, queueMail, type MailTemplate } from '@iam/domain/mail'
import { inOneFlight } from '@iam/domain/db'
import type { Letter as SentLetter } from '@iam/platform/smtp'
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
  password_changed: true,
  password_breached: true,
  change_email: true,
  email_changed: true,
  new_device: true,
  account_locked: true,
  account_unlocked: true,
  account_suspended: true,
  account_reactivated: true,
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
    const behaviour: { failing: boolean; afterwards: () => void } = {
      failing: false,
      afterwards: () => undefined,
    }
    const mailer = {
      send: async (letter: SentLetter) => {
        if (behaviour.failing) throw new Error('the mail server is away')
        sent.push(letter)
        behaviour.afterwards()
      },
      close: () => undefined,
    }
    const { workerDb: db, clock, secrets, issuer } = world
    const log = { warn: () => undefined }
    return { sent, behaviour, run: () => sendDueMails({ db, clock, secrets, issuer, mailer, log }) }
  }

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
})
