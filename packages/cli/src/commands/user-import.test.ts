import { Readable } from 'node:stream'
import { logInWithPassword } from '@iam/domain/session'
import { auditOf, eventsOf, openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { userImport } from './user-import.ts'

const notTaken =
  'has a hash that is not understood, too costly, or with a salt of fewer than 8 or more than 64 bytes'
const bcrypt = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW' // of U*U
const keycloak = {
  algorithm: 'pbkdf2-sha512',
  hashIterations: 27_500,
  salt: 'MDEyMzQ1Njc4OWFiY2RlZg==',
  value: 'fHep5ildUQutEPBn/PZxLnAQLkN1vlAYsVSYTLP97IlfpIs1F8wZoboDGzobhDheHMCMeVyb8PtpnjydDvy0qw==',
}

describe('iam user import', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  async function importLines(lines: readonly (object | string)[], tenant = 'acme') {
    const refused: [number, string][] = []
    const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
    const deps = { ...world, loadSecrets: async () => undefined }
    const result = await userImport(
      deps,
      { tenant, input: Readable.from([text]) },
      {
        line: () => undefined,
        refused: (line, reason) => refused.push([line, reason]),
      },
    )
    return { ...result, lines: refused }
  }

  const userOf = (email: string) =>
    world.admin
      .selectFrom('iam.user')
      .select(['id', 'locale', 'email_verified_at'])
      .where('email', '=', email)
      .executeTakeFirstOrThrow()

  test('brings people over, who log in with the passwords they had', async () => {
    const result = await importLines([
      { email: 'Bea@acme.example', hash: bcrypt, emailVerified: true, locale: 'fr' },
      '',
      { email: 'kay@acme.example', hash: keycloak },
    ])
    expect(result).toEqual({ imported: 2, alreadyThere: 0, refused: 0, lines: [] })
    const from = { tenantId: world.acme, origin: world.origin }
    await logInWithPassword(world, { ...from, email: 'bea@acme.example', password: 'U*U' })
    await logInWithPassword(world, { ...from, email: 'kay@acme.example', password: 'pässword' })
    await expect.poll(() => world.passwordReports.map(({ what }) => what)).toEqual(['rehashed', 'rehashed'])
    const bea = await userOf('bea@acme.example')
    expect(bea).toMatchObject({ locale: 'fr', email_verified_at: expect.any(Date) as Date })
    expect(await userOf('kay@acme.example')).toMatchObject({ locale: 'en', email_verified_at: null })
    expect((await auditOf(world, bea.id))[0]).toBe('user.imported')
    expect((await eventsOf(world, world.acme, bea.id))[0]).toMatchObject({ type: 'user.registered' })
  })

  test('changes nothing when it is run again, even for another hash', async () => {
    const line = { email: 'again@acme.example', hash: bcrypt }
    expect(await importLines([line, line])).toMatchObject({ imported: 1, alreadyThere: 1 })
    expect(await importLines([{ ...line, hash: keycloak, locale: 'ar' }])).toMatchObject({ alreadyThere: 1 })
    const { id, locale } = await userOf(line.email)
    expect(locale).toBe('en')
    const { hash } = await world.admin
      .selectFrom('iam.credential')
      .select('hash')
      .where('user_id', '=', id)
      .executeTakeFirstOrThrow()
    expect(hash).toBe(bcrypt)
  })

  test('tells which lines it does not take and why, without what they hold, and takes the others', async () => {
    const email = 'some@acme.example'
    const secret = 'correct horse battery staple'
    const { lines, ...result } = await importLines([
      `{"email": "${email}", "hash": "${bcrypt}"`,
      '[]',
      { email, hash: secret },
      { email, hash: bcrypt.replace('$05$', '$31$') },
      { email: 'no address', hash: bcrypt },
      { email, hash: bcrypt, role: 'tenant.owner' },
      { email, hash: bcrypt, locale: 'tlh' },
      { email, password: secret },
      { email: 'other@acme.example', hash: bcrypt },
    ])
    expect(result).toEqual({ imported: 1, alreadyThere: 0, refused: 8 })
    expect(lines).toEqual([
      [1, 'is not JSON'],
      [2, 'is not an object'],
      [3, notTaken],
      [4, notTaken],
      [5, 'has no acceptable email'],
      [6, 'has members that are not known: role'],
      [7, 'has no acceptable locale'],
      [8, 'has no acceptable hash'],
    ])
    expect(JSON.stringify(lines)).not.toContain(secret)
  })

  test('needs a tenant', async () => {
    await expect(importLines([], 'nobody')).rejects.toThrow('There is no tenant nobody.')
  })
})
