import { describe, expect, test, vi } from 'vitest'
import { HashAdmission } from './hash-admission.ts'

const limits = { concurrency: 1, waitingPerTenant: 3, waiting: 5, deadline: 1000 }

/** Enters for a list of tenants at once; answers the order in which they were served. */
async function serve(admission: HashAdmission, tenants: readonly string[]): Promise<string[]> {
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

describe('HashAdmission', () => {
  test('serves tenants in turns, however many callers one of them has', async () => {
    const order = await serve(new HashAdmission(limits), ['a', 'a', 'a', 'a', 'b'])
    expect(order).toEqual(['a', 'a', 'b', 'a', 'a'])
  })

  test('runs no more at a time than it is told', async () => {
    const admission = new HashAdmission({ ...limits, concurrency: 2 })
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

  test("refuses one tenant's surplus at once and still takes another's", async () => {
    const admission = new HashAdmission(limits)
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
      const admission = new HashAdmission(limits)
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
    const admission = new HashAdmission(limits)
    const release = await admission.enter('a')
    release()
    release()
    const first = await admission.enter('a')
    const second = admission.enter('a')
    await expect(Promise.race([second, Promise.resolve('waits')])).resolves.toBe('waits')
    first()
    ;(await second)()
  })
})
