import { describe, expect, test, vi } from 'vitest'
import { Admission, type Release } from './admission.ts'

const limits = { concurrency: 1, waitingPerTenant: 3, waiting: 5, deadline: 60_000 }

/** Enters for a list of tenants at once; answers the order in which they were served. */
async function serve(admission: Admission, tenants: readonly string[]): Promise<string[]> {
  const served: string[] = []
  await Promise.all(
    tenants.map(async (tenant) => {
      const release = await admission.enter(tenant)
      served.push(tenant)
      await Promise.resolve()
      release()
    }),
  )
  return served
}

describe('Admission', () => {
  test('serves tenants in turns, however many callers one of them has', async () => {
    const order = await serve(new Admission(limits), ['a', 'a', 'a', 'a', 'b'])
    expect(order).toEqual(['a', 'a', 'b', 'a', 'a'])
  })

  test('runs no more at a time than it is told', async () => {
    const admission = new Admission({ ...limits, concurrency: 2 })
    let running = 0
    let most = 0
    await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map(async (tenant) => {
        const release = await admission.enter(tenant)
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
        release()
      }),
    )
    expect(most).toBe(2)
  })

  test('gives the next turn while the hash before still runs, which begins when that has ended', async () => {
    const admission = new Admission({ ...limits, ahead: 1 })
    const said: string[] = []
    const attempt = async (name: string) => {
      const turn = await admission.enterAhead(name)
      said.push(`${name} looks up`)
      await turn.begin()
      said.push(`${name} hashes`)
      await new Promise((resolve) => setImmediate(resolve))
      said.push(`${name} ends`)
      turn.release()
      turn.release()
    }
    await Promise.all(['a', 'b', 'c'].map(attempt))
    expect(said.filter((word) => !word.endsWith('looks up'))).toEqual(
      ['a', 'b', 'c'].flatMap((name) => [`${name} hashes`, `${name} ends`]),
    )
    expect(said.indexOf('b looks up')).toBeLessThan(said.indexOf('a ends'))
    expect(said.indexOf('c looks up')).toBeGreaterThan(said.indexOf('a ends'))
    expect(said.indexOf('c looks up')).toBeLessThan(said.indexOf('b ends'))
  })

  test('hands a turn on that ends without a hash', async () => {
    const admission = new Admission({ ...limits, ahead: 1 })
    const running = await admission.enter('a')
    const failed = await admission.enterAhead('b')
    const next = admission.enter('c')
    failed.release()
    running()
    ;(await next)()
    ;(await admission.enterWhenIdle('a'))()
    expect(await serve(admission, ['a', 'b'])).toEqual(['a', 'b'])
  })

  test('C170: gives a quiet tenant the next turn but one while three hundred tenants storm', async () => {
    const admission = new Admission({
      concurrency: 1,
      waitingPerTenant: 64,
      waiting: 256,
      deadline: 60_000,
    })
    const served: string[] = []
    let refused = 0
    const running = await admission.enter('storm')
    const attempt = async (tenant: string, address?: string) => {
      const release = await admission.enter(tenant, address).catch(() => undefined)
      if (release === undefined) {
        refused += 1
        return
      }
      served.push(tenant)
      await new Promise((resolve) => setImmediate(resolve))
      release()
    }
    const storm = Array.from({ length: 6_000 }, (_, n) => attempt(`tenant ${n % 300}`, `network ${n % 7}`))
    running()
    await new Promise((resolve) => setImmediate(resolve))
    const before = served.length
    await attempt('quiet')
    expect(served.slice(before).indexOf('quiet')).toBeLessThanOrEqual(1)
    await Promise.all(storm)
    expect(refused).toBe(6_000 - 256)
    expect(new Set(served).size).toBe(257)
  })

  test('lets a quiet address in while another of its tenant has every place', async () => {
    const admission = new Admission(limits)
    const release = await admission.enter('a', 'noisy')
    const noisy = [1, 2, 3].map(() => admission.enter('a', 'noisy').catch((error: unknown) => error))
    const quiet = admission.enter('a', 'quiet')
    expect(await noisy[2]).toMatchObject({ code: 'login_busy', retryAfter: 2 })
    release()
    ;(await quiet)()
    for (const turn of noisy.slice(0, 2)) {
      const admitted = await turn
      if (typeof admitted !== 'function') throw admitted
      ;(admitted as () => void)()
    }
  })

  test('serves what nobody waits for when nobody waits, and forgets it after half a minute', async () => {
    vi.useFakeTimers()
    try {
      const admission = new Admission(limits)
      const order: string[] = []
      const running = await admission.enter('a')
      const idle = admission.enterWhenIdle('a').then((release) => {
        order.push('idle')
        release()
      })
      const login = admission.enter('b').then((release) => {
        order.push('login')
        release()
      })
      running()
      await Promise.all([idle, login])
      expect(order).toEqual(['login', 'idle'])
      const busy = await admission.enter('a')
      const forgotten = admission.enterWhenIdle('a').catch((error: unknown) => error)
      await vi.advanceTimersByTimeAsync(30_000)
      expect(await forgotten).toMatchObject({ code: 'login_busy' })
      busy()
    } finally {
      vi.useRealTimers()
    }
  })

  test("refuses one tenant's surplus at once and still takes another's", async () => {
    const admission = new Admission(limits)
    const release = await admission.enter('a')
    const waiting = ['a', 'a', 'a'].map((tenant) => admission.enter(tenant))
    await expect(admission.enter('a')).rejects.toMatchObject({ code: 'login_busy', retryAfter: 2 })
    waiting.push(admission.enter('b'))
    release()
    await Promise.all(waiting.map(async (turn) => (await turn)()))
  })

  test('refuses a caller whose deadline passes, and its place is free again', async () => {
    vi.useFakeTimers()
    try {
      const admission = new Admission(limits)
      const release = await admission.enter('a')
      const late = admission.enter('a')
      const refused = late.catch((error: unknown) => error)
      await vi.advanceTimersByTimeAsync(limits.deadline)
      expect(await refused).toMatchObject({ code: 'login_busy' })
      const next = admission.enter('b')
      release()
      ;(await next)()
    } finally {
      vi.useRealTimers()
    }
  })

  test('ends a turn once, however often it is told to', async () => {
    const admission = new Admission(limits)
    const release = await admission.enter('a')
    release()
    release()
    const first = await admission.enter('a')
    const second = admission.enter('a')
    await expect(Promise.race([second, Promise.resolve('waits')])).resolves.toBe('waits')
    first()
    ;(await second)()
  })

  test('tells those it refuses when to come back: as long as those before them take, by what turns took lately', async () => {
    let now = 0
    const admission = new Admission(
      { concurrency: 1, waiting: 10, waitingPerTenant: 10, deadline: 60_000 },
      () => now,
    )
    const turns: Promise<Release>[] = []
    const retryAfter = async () => {
      const refused = await admission.enter('a').then(
        () => undefined,
        (error: unknown) => error as { code: string; retryAfter: number },
      )
      expect(refused?.code).toBe('login_busy')
      return refused?.retryAfter ?? 0
    }
    const fill = (count: number) => {
      for (let n = 0; n < count; n += 1) turns.push(admission.enter('a'))
    }
    const serve = async (took: number) => {
      const release = await turns.shift()
      now += took
      release?.()
    }
    fill(11)
    for (let n = 0; n < 5; n += 1) await serve(400)
    fill(5)
    expect(await retryAfter()).toBeGreaterThanOrEqual(4)
    expect(await retryAfter()).toBeLessThanOrEqual(6)
    for (let n = 0; n < 9; n += 1) await serve(10_000)
    fill(9)
    expect(await retryAfter()).toBe(30)
    for (let n = 0; n < 11; n += 1) await serve(1)
    for (let n = 0; n < 60; n += 1) {
      fill(1)
      await serve(1)
    }
    fill(11)
    expect(await retryAfter()).toBe(1)
    while (turns.length > 0) await serve(1)
  })
})
