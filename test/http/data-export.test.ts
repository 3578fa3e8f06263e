import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { tendExports, type ExportDocument } from '@iam/domain/data-request'
import { openObjectStore, type ObjectStore } from '@iam/platform/object-store'
import { altered, auditOf, deliverMails, eventsOf, tokenIn } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openOffice, type Bearer, type Office, type Person } from '../support/administration.ts'

const day = 86_400_000

describe('C256: everything that is known of somebody, put together for them', () => {
  let directory: string
  let store: ObjectStore
  let office: Office
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'exports-'))
    store = await openObjectStore({ url: pathToFileURL(directory).href })
    office = await openOffice({ exports: store })
  })
  afterAll(async () => {
    await office.open.close()
    await rm(directory, { recursive: true })
  })

  /** What iam-worker does every minute. */
  const tend = () => {
    const { workerDb: db, clock, secrets } = office.world
    const renderPdf = async ({ person }: ExportDocument) => Buffer.from(`%PDF-${person.id}`)
    const signal = new AbortController().signal
    return tendExports({ db, clock, secrets, exports: store, renderPdf }, { signal })
  }

  /** What stands in the store. */
  const files = async () =>
    (await readdir(join(directory, 'exports'))).filter((name) => !name.startsWith('.'))

  /** Somebody whose export is there, with the token of the mailed link. */
  async function exported(): Promise<{ person: Person; bearer: Bearer; token: string }> {
    const person = await office.fresh()
    const bearer = await office.bearer(person)
    expect((await office.ask(bearer, ['POST', '/me/data-export'])).status).toBe(202)
    await deliverMails(office.world)
    await tend()
    const [mail] = await deliverMails(office.world)
    return { person, bearer, token: tokenIn(mail) }
  }

  const fetched = (bearer: Bearer | undefined, token: string, format = 'json') =>
    office.open.app.inject({
      method: 'GET',
      url: `/api/v1/data-exports/${token}?format=${format}`,
      headers: bearer ?? {},
    })

  test('comes by a mail to its person, as JSON and as PDF, which nobody keeps', async () => {
    const { world } = office
    const { person, bearer, token } = await exported()
    const json = await fetched(bearer, token)
    expect(json.statusCode).toBe(200)
    expect(json.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store, private',
      'content-disposition': expect.stringMatching(
        /^attachment; filename="dsr_[0-9A-Z]{26}\.json"$/,
      ) as string,
    })
    const document = json.json<ExportDocument>()
    expect(document).toMatchObject({ format: 'iam-personal-data', version: 1, person: { id: person.userId } })
    expect(document.contents.map(({ name }) => name)).toEqual(Object.keys(document.sections))
    expect(document.sections['account']).toMatchObject([{ email: person.email }])
    const pdf = await fetched(bearer, token, 'pdf')
    expect(pdf.body).toBe(`%PDF-${person.userId}`)
    const events = await eventsOf(world, world.acme, person.userId)
    expect(events.at(-1)).toMatchObject({
      type: 'dsar.completed',
      payload: { userId: person.userId, kind: 'export' },
    })
    const { id } = document.request
    const audited = (await auditOf(world, person.userId)).filter((entry) => entry.startsWith('dsar.'))
    expect(audited).toEqual([
      `dsar.requested: ${id}`,
      `dsar.completed: ${id}`,
      `dsar.downloaded: ${id} json`,
      `dsar.downloaded: ${id} pdf`,
    ])
  })

  test.each(['the PDF', 'the first file', 'the second file'] as const)(
    'comes once, with one mail, also when making it is cut off at %s',
    async (step) => {
      const { world } = office
      const { workerDb, clock, secrets } = world
      const person = await office.fresh()
      await office.ask(await office.bearer(person), ['POST', '/me/data-export'])
      await deliverMails(world)
      let writes = 0
      const fail = (): never => {
        throw new Error(`cut off at ${step}`)
      }
      const exports: ObjectStore = {
        read: (name) => store.read(name),
        delete: (name) => store.delete(name),
        write: async (name, body, options) => {
          writes += 1
          if (step === (writes === 1 ? 'the first file' : 'the second file')) fail()
          return store.write(name, body, options)
        },
      }
      const renderPdf = async () => (step === 'the PDF' ? fail() : Buffer.from('%PDF-'))
      const { signal } = new AbortController()
      const cutOff = tendExports({ db: workerDb, clock, secrets, exports, renderPdf }, { signal })
      await expect(cutOff).rejects.toThrow('could not be tended')
      await tend()
      expect((await deliverMails(world)).length, 'nobody begins what somebody may still be at').toBe(0)
      await world.testClock.advance(601)
      for (let times = 0; times < 2; times += 1) await tend()
      expect((await deliverMails(world)).length).toBe(1)
      const events = await eventsOf(world, world.acme, person.userId)
      expect(events.filter(({ type }) => type === 'dsar.completed').length).toBe(1)
    },
  )

  test('is asked for once until it is there, whoever asks', async () => {
    const person = await office.fresh()
    const bearer = await office.bearer(person)
    await deliverMails(office.world)
    const first = await office.ask(bearer, ['POST', '/me/data-export'])
    const again = await office.ask(bearer, ['POST', '/me/data-export'])
    await office.logInAgain('admin')
    const administrator = await office.ask('admin', ['POST', office.users(`/${person.userId}/data-export`)])
    expect([again.body['id'], administrator.body['id']]).toEqual([first.body['id'], first.body['id']])
    await tend()
    await tend()
    expect((await deliverMails(office.world)).map(({ letter }) => letter)).toEqual(['data_export'])
    const { items } = (await office.ask(bearer, ['GET', '/me/data-export'])).body
    expect(items).toMatchObject([{ id: first.body['id'], status: 'ready' }])
  })

  test('opens for its person alone: a link that was passed on is refused, and audited', async () => {
    const { world } = office
    const { bearer, token } = await exported()
    const other = await office.bearer(await office.fresh())
    const foreign = await fetched(other, token)
    expect([foreign.statusCode, foreign.json<{ code: string }>().code]).toEqual([403, 'not_allowed'])
    const nobody = await fetched(undefined, token)
    expect(nobody.statusCode).toBe(401)
    await office.logInAgain('stranger', 'admin', 'operator')
    for (const name of ['stranger', 'admin', 'operator'] as const) {
      const answer = await office.ask(name, ['GET', `/data-exports/${token}`])
      expect([name, answer.status]).toEqual([name, name === 'admin' ? 403 : 404])
    }
    const id = (await office.ask(bearer, ['GET', '/me/data-export'])).body.items?.[0]?.id ?? ''
    expect(await auditOf(world, id)).toEqual(['dsar.downloaded: not_allowed', 'dsar.downloaded: not_allowed'])
    expect((await fetched(other, altered(token))).statusCode).toBe(404)
  })

  test('asks for a login of not long ago, for asking and for fetching', async () => {
    const { bearer, token } = await exported()
    await office.world.testClock.advance(301)
    expect((await fetched(bearer, token)).json<{ code: string }>().code).toBe('reauthentication_required')
    const asked = await office.ask(bearer, ['POST', '/me/data-export'])
    expect([asked.status, asked.body.code]).toEqual([401, 'reauthentication_required'])
  })

  test('is not there any more after ten downloads', async () => {
    const { bearer, token } = await exported()
    const statuses = await Promise.all(
      Array.from({ length: 14 }, async () => (await fetched(bearer, token)).statusCode),
    )
    expect(statuses.filter((status) => status === 200).length).toBe(10)
    expect(statuses.filter((status) => status === 410).length).toBe(4)
  })

  test('is not there any more after thirty days, and its files are deleted', async () => {
    const { person, bearer, token } = await exported()
    expect((await files()).length).toBeGreaterThan(0)
    const { admin, clock } = office.world
    const { expires_at: ends } = await admin
      .selectFrom('iam.data_request')
      .select('expires_at')
      .where('user_id', '=', person.userId)
      .executeTakeFirstOrThrow()
    expect(Math.abs((ends?.getTime() ?? 0) - clock().getTime() - 30 * day)).toBeLessThan(60_000)
    const over = new Date(clock().getTime() - 1_000)
    await admin.updateTable('iam.data_request').set({ expires_at: over, due_at: over }).execute()
    expect((await fetched(bearer, token)).statusCode).toBe(410)
    await tend()
    expect(await files()).toEqual([])
    expect((await fetched(bearer, token)).statusCode).toBe(410)
  })

  test.each(['suspend', 'erase'] as const)('ends when its person is gone: %s', async (act) => {
    const { person, token } = await exported()
    const path = office.users(`/${person.userId}`)
    await office.logInAgain('owner')
    const done =
      act === 'erase'
        ? await office.ask('owner', ['DELETE', path])
        : await office.ask('owner', ['POST', `${path}/suspend`])
    expect(done.status).toBeLessThan(300)
    if (act === 'suspend') {
      await office.ask('owner', ['POST', `${path}/reactivate`])
      expect((await fetched(await office.bearer(person), token)).statusCode).toBe(410)
    }
    await tend()
    expect(await files()).toEqual([])
  })

  test('is told nobody who is suspended, and is not asked for in their name', async () => {
    const person = await office.fresh()
    await office.logInAgain('owner')
    await office.ask('owner', ['POST', office.users(`/${person.userId}/suspend`)])
    const asked = await office.ask('owner', ['POST', office.users(`/${person.userId}/data-export`)])
    expect([asked.status, asked.body.code]).toEqual([409, 'wrong_state'])
  })

  test('C257: an erasure leaves a receipt, which says the same however often it is read', async () => {
    const person = await office.fresh()
    const path = office.users(`/${person.userId}`)
    await office.bearer(person)
    await office.logInAgain('owner')
    expect((await office.ask('owner', ['GET', `${path}/erasure-receipt`])).status).toBe(404)
    expect((await office.ask('owner', ['DELETE', path])).status).toBe(204)
    const receipt = await office.ask('owner', ['GET', `${path}/erasure-receipt`])
    expect(receipt.body).toMatchObject({
      userId: person.userId,
      stores: expect.arrayContaining([
        { store: 'accountKeys', records: 1, became: 'deleted' },
        { store: 'passwords', records: 1, became: 'deleted' },
        { store: 'sessions', records: 1, became: 'blanked' },
      ]) as unknown,
    })
    expect((await office.ask('owner', ['GET', `${path}/erasure-receipt`])).body).toEqual(receipt.body)
    const { world } = office
    const completed = (await eventsOf(world, world.acme, person.userId)).filter(
      ({ type }) => type === 'dsar.completed',
    )
    expect(completed.map(({ payload }) => payload)).toEqual([
      { requestId: receipt.body['id'], userId: person.userId, kind: 'erasure' },
    ])
  })
})
