import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openLogger } from '@iam/platform/logging'
import {
  addPerson,
  auditOf,
  deliverMails,
  eventsOf,
  openWorld,
  setPolicy,
  testDeployment,
  type World,
} from '@iam/testkit/world'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { auditBreaches } from './audit-breaches.ts'
import type { JobDeps } from './job.ts'

const days = 86_400

const urlOf = (name: string) => JSON.stringify(import.meta.resolve(name))
/** A worker that does nothing but this job, in a process of its own, to be killed. */
const program = `
import { auditBreaches } from ${JSON.stringify(new URL('./audit-breaches.ts', import.meta.url).href)}
import { keyingAudit } from ${urlOf('@iam/domain/audit')}
import { loadSecretKeys, SecretRings } from ${urlOf('@iam/domain/secret-key')}
import { openPostgres } from ${urlOf('@iam/platform/postgres')}
import { testWrapping } from ${urlOf('@iam/testkit/kms')}
const { url, config, deployment } = JSON.parse(process.argv[1])
const secrets = new SecretRings()
const db = openPostgres({ url, poolSize: 2, beforeWriting: keyingAudit(secrets.of('audit')) })
await loadSecretKeys({ db, wrapping: testWrapping, deployment, secrets })
const deps = { config, db, clock: () => new Date(), secrets }
await auditBreaches(deps, { signal: new AbortController().signal, rehearsal: false })
await db.close()`
const breach = (name: string, addedAt: Date, ...classes: string[]) => {
  const stamp = addedAt.toISOString()
  const common = { Name: name, BreachDate: stamp.slice(0, 10), AddedDate: stamp, IsVerified: true }
  return { ...common, DataClasses: ['Email addresses', ...classes] }
}

describe('the breach audit', () => {
  let world: World
  let service: Server
  let url: string
  let breaches: ReturnType<typeof breach>[]
  /** Who is in which breaches. */
  const exposed = new Map<string, string[]>()
  const asked: string[] = []
  let keyTaken = 'a-key'
  /** What the next questions are answered with instead. */
  const answers: { readonly status: number; readonly headers?: Record<string, string> }[] = []
  let onAsked = (_hash: string): void => undefined

  const hashOf = (email: string) => createHash('sha1').update(email).digest('hex').toUpperCase()

  beforeAll(async () => {
    service = createServer((request, response) => {
      const path = request.url ?? ''
      if (path === '/latestbreach') return response.end(JSON.stringify(breaches.at(-1)))
      if (path === '/breaches') return response.end(JSON.stringify(breaches))
      const prefix = path.replace('/breachedaccount/range/', '')
      asked.push(prefix)
      onAsked(prefix)
      const answer = answers.shift()
      if (answer !== undefined) return response.writeHead(answer.status, answer.headers).end()
      if (request.headers['hibp-api-key'] !== keyTaken) return response.writeHead(401).end()
      const found = [...exposed].filter(([email]) => hashOf(email).startsWith(prefix))
      if (found.length === 0) return response.writeHead(404).end()
      const range = found.map(([email, websites]) => ({ hashSuffix: hashOf(email).slice(6), websites }))
      return response.end(JSON.stringify(range))
    })
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  })
  afterAll(() => new Promise<unknown>((resolve) => service.close(resolve)))

  beforeEach(async () => {
    world = await openWorld(inject('services'))
    breaches = [breach('Old', new Date(0), 'Passwords')]
    exposed.clear()
    asked.length = 0
    answers.length = 0
    keyTaken = 'a-key'
    onAsked = () => undefined
  })
  afterEach(() => world.close())

  const variables: Record<string, string> = { IAM_SECRET_HIBP_API_KEY: 'a-key' }
  function deps(): JobDeps {
    const breachAudit = { url, search: 'range', perMinute: 60_000, every: 30 * days }
    const config = {
      deployment: { region: world.region },
      breachAudit,
      secrets: { from: 'environment', variables },
    }
    const log = openLogger({ service: 'test', level: 'silent' })
    return { ...world, db: world.workerDb, log, config } as unknown as JobDeps
  }
  const running = (options: Partial<Parameters<typeof auditBreaches>[1]> = {}) =>
    auditBreaches(deps(), { signal: new AbortController().signal, rehearsal: false, ...options })

  /** Somebody of acme with a confirmed address, and the beginning of its hash. */
  async function person(email: string) {
    const { userId } = await addPerson(world, { tenantId: world.acme, email })
    await world.admin
      .updateTable('iam.user')
      .set({ email_verified_at: world.clock() })
      .where('id', '=', userId)
      .execute()
    return { userId, email, prefix: hashOf(email).slice(0, 6) }
  }

  const times = (prefix: string) => asked.filter((one) => one === prefix).length

  test('asks for nobody, and for no key, where no tenant wants it', async () => {
    await person('ann@acme.example')
    delete variables['IAM_SECRET_HIBP_API_KEY']
    expect(await running()).toEqual({ tenants: 0, due: 0 })
    variables['IAM_SECRET_HIBP_API_KEY'] = 'a-key'
    expect(asked).toEqual([])
  })

  test('tells of what was not known, by mail, event and audit, once, and asks for nobody twice', async () => {
    await setPolicy(world, { breachAudit: true })
    const ann = await person('ann@acme.example')
    const bob = await person('bob@acme.example')
    breaches.push(breach('Shop', new Date(world.clock().getTime() + 1_000), 'Passwords'))
    exposed.set(ann.email, ['Old', 'Shop', 'NotInTheList'])
    await running()
    expect([times(ann.prefix), times(bob.prefix)]).toEqual([1, 1])
    const events = await eventsOf(world, world.acme, ann.userId)
    expect(events.filter(({ type }) => type === 'user.breach_found').map(({ payload }) => payload)).toEqual([
      { userId: ann.userId, breaches: 2, hasPasswords: true },
    ])
    expect(await auditOf(world, ann.userId)).toContain('user.breach_found: 2 breaches')
    const mails = (await deliverMails(world)).filter(({ letter }) => letter === 'breach_found')
    expect(mails).toMatchObject([{ to: ann.email, params: { passwords: 'true' } }])
    expect(mails[0]?.params['services']).toMatch(/Shop \(\d{4}\), Old \(1970\)/)
    const before = asked.length
    expect(await running()).toMatchObject({ due: 0 })
    expect(asked.length).toBe(before)
  })

  test('looks again after its time, if a breach was added since, and tells of that one alone', async () => {
    await setPolicy(world, { breachAudit: true })
    const ann = await person('ann@acme.example')
    exposed.set(ann.email, ['Old'])
    await running()
    await world.testClock.advance(31 * days)
    expect(await running()).toMatchObject({ due: 0 })
    breaches.push(breach('Shop', world.clock()))
    exposed.set(ann.email, ['Old', 'Shop'])
    await running()
    expect(times(ann.prefix)).toBe(2)
    const mails = (await deliverMails(world)).filter(({ letter }) => letter === 'breach_found')
    const services = mails.map(({ params }) => params['services']?.replace(/ .*/, ''))
    expect(new Set(services)).toEqual(new Set(['Old', 'Shop']))
    expect(mails).toHaveLength(2)
    await running()
    expect(times(ann.prefix)).toBe(2)
  })

  test('goes on where it was cut off', async () => {
    await setPolicy(world, { breachAudit: true })
    for (let n = 0; n < 5; n += 1) exposed.set((await person(`person${n}@acme.example`)).email, ['Old'])
    const cut = new AbortController()
    onAsked = () => asked.length === 3 && cut.abort()
    await expect(running({ signal: cut.signal })).rejects.toThrow('aborted')
    const first = asked.length
    onAsked = () => undefined
    const { due } = await running()
    expect(due).toBeLessThan(first + (due ?? 0))
    // Whoever was asked for when it was cut off may be asked for once more: nobody else is.
    const repeated = new Set(asked).size
    expect(asked.length - repeated).toBeLessThanOrEqual(1)
    for (const email of exposed.keys()) expect(times(hashOf(email).slice(0, 6))).toBeGreaterThan(0)
    const mails = (await deliverMails(world)).filter(({ letter }) => letter === 'breach_found')
    expect(mails.map(({ to }) => to).toSorted()).toEqual([...exposed.keys()].toSorted())
  })

  test('killed with -9 again and again, it asks for everybody, for one twice at each kill at most, and tells once', async () => {
    await setPolicy(world, { breachAudit: true })
    for (let n = 0; n < 12; n += 1) exposed.set((await person(`person${n}@acme.example`)).email, ['Old'])
    const { config } = deps()
    const argument = JSON.stringify({
      url: world.database.urlFor('iam_worker'),
      config,
      deployment: testDeployment,
    })
    const killAt = [3, 7, 10]
    for (let runs = 0; runs <= killAt.length; runs += 1) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program, argument], {
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      onAsked = () => asked.length === killAt[runs] && child.kill('SIGKILL')
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
      expect([code, signal]).toEqual(runs < killAt.length ? [null, 'SIGKILL'] : [0, null])
    }
    expect(await running()).toMatchObject({ due: 0 })
    expect(asked.length - new Set(asked).size).toBeLessThanOrEqual(killAt.length)
    const mails = (await deliverMails(world)).filter(({ letter }) => letter === 'breach_found')
    expect(mails.map(({ to }) => to).toSorted()).toEqual([...exposed.keys()].toSorted())
  })

  test('waits as it is told, in all workers, and ends in peace when that is too long', async () => {
    await setPolicy(world, { breachAudit: true })
    const ann = await person('ann@acme.example')
    answers.push({ status: 429, headers: { 'retry-after': '3000' } })
    expect(await running()).toMatchObject({ asked: 0 })
    const so_far = asked.length
    expect(await running()).toMatchObject({ asked: 0 })
    expect(asked.length).toBe(so_far)
    await world.testClock.advance(3_000)
    await running()
    expect(times(ann.prefix)).toBeGreaterThan(0)
  })

  test('reads a key that is not taken once more, since it may have been rotated, and fails by one sentence', async () => {
    await setPolicy(world, { breachAudit: true })
    const ann = await person('ann@acme.example')
    keyTaken = 'another-key'
    onAsked = () => (variables['IAM_SECRET_HIBP_API_KEY'] = 'another-key')
    await running()
    expect(times(ann.prefix)).toBeGreaterThan(0)
    keyTaken = 'a-third-key'
    onAsked = () => undefined
    await person('bob@acme.example')
    await expect(running()).rejects.toThrow('answered 401: it does not take the key.')
    variables['IAM_SECRET_HIBP_API_KEY'] = ''
    await expect(running()).rejects.toThrow('There is no secret hibp-api-key, or it is switched off.')
    variables['IAM_SECRET_HIBP_API_KEY'] = 'a-key'
  })

  test('leaves out what the service takes for no address, and fails after a few tries when it is away', async () => {
    await setPolicy(world, { breachAudit: true })
    await person('ann@acme.example')
    answers.push({ status: 400 })
    const { asked: done = 0 } = await running()
    expect(done).toBeGreaterThan(0)
    await person('bob@acme.example')
    answers.push(...Array.from({ length: 4 }, () => ({ status: 503 })))
    await expect(running()).rejects.toThrow('answered 503')
    await running()
    expect(await running()).toMatchObject({ due: 0 })
  })

  test('asks for confirmed addresses of active people alone, and anew for another address', async () => {
    await setPolicy(world, { breachAudit: true })
    const stranger = await addPerson(world, { tenantId: world.acme, email: 'stranger@acme.example' })
    const gone = await person('gone@acme.example')
    const ann = await person('ann@acme.example')
    const set = (userId: string, values: object) =>
      world.admin.updateTable('iam.user').set(values).where('id', '=', userId).execute()
    await set(stranger.userId, { email_verified_at: null })
    await set(gone.userId, { status: 'suspended' })
    await running()
    expect(asked).not.toContain(hashOf('stranger@acme.example').slice(0, 6))
    expect([times(gone.prefix), times(ann.prefix)]).toEqual([0, 1])
    await set(ann.userId, { email: 'anna@acme.example', email_verified_at: world.clock() })
    await running()
    expect(times(hashOf('anna@acme.example').slice(0, 6))).toBe(1)
  })

  test('says in a rehearsal how many are due, and asks for nobody', async () => {
    await setPolicy(world, { breachAudit: true })
    await person('ann@acme.example')
    const { due = 0 } = await running({ rehearsal: true })
    expect(due).toBeGreaterThan(0)
    expect(asked).toEqual([])
    expect(await running({ rehearsal: true })).toMatchObject({ due })
  })
})
