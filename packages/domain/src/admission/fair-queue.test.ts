import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FairQueue, Line } from './fair-queue.ts'

type Caller = { readonly tenant: string; readonly address: string; readonly n: number }

function queueOf({ most = 1000, mostOfTenant = 1000 } = {}) {
  return new FairQueue<Caller>(most, () => new FairQueue<Caller>(mostOfTenant, () => new Line()))
}

let count = 0
const caller = (tenant: string, address = ''): Caller => ({ tenant, address, n: (count += 1) })
const push = (queue: FairQueue<Caller>, who: Caller) => queue.push([who.tenant, who.address], who)

function drain(queue: FairQueue<Caller>): Caller[] {
  const served: Caller[] = []
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) served.push(next)
  return served
}

describe('FairQueue', () => {
  test('serves tenants in turns, and addresses of a tenant in turns, each in the order it came', () => {
    const queue = queueOf()
    for (const who of ['a1', 'a1', 'a1', 'a2', 'b1', 'b1']) {
      push(queue, caller(who.charAt(0), who))
    }
    expect(drain(queue).map(({ address }) => address)).toEqual(['a1', 'b1', 'a2', 'b1', 'a1', 'a1'])
  })

  test('serves whoever had no turn in this round before all that had one', () => {
    const queue = queueOf()
    for (const tenant of ['a', 'a', 'a', 'b', 'b', 'b']) push(queue, caller(tenant))
    const first = [queue.shift(), queue.shift(), queue.shift()].map((who) => who?.tenant)
    push(queue, caller('quiet'))
    expect([...first, queue.shift()?.tenant]).toEqual(['a', 'b', 'a', 'quiet'])
  })

  test('gives a tenant that comes back at once no second turn before the others', () => {
    const queue = queueOf()
    for (const tenant of ['a', 'b', 'b']) push(queue, caller(tenant))
    const served = [queue.shift()?.tenant]
    for (let n = 0; n < 3; n += 1) {
      push(queue, caller('a'))
      served.push(queue.shift()?.tenant)
    }
    expect(served).toEqual(['a', 'b', 'a', 'b'])
  })

  test('lets a newcomer take the place of the newest of the longest lane, which then had its turn', () => {
    const queue = queueOf({ most: 4 })
    const storm = [caller('a'), caller('a'), caller('a')]
    for (const who of [...storm, caller('b')]) expect(push(queue, who)).toBeUndefined()
    expect(push(queue, caller('c'))).toBe(storm[2])
    expect(push(queue, caller('d'))).toBe(storm[1])
    expect(push(queue, caller('e'))).toBe(storm[0])
    const more = caller('a')
    expect(push(queue, more)).toBe(more)
    expect(drain(queue).map(({ tenant }) => tenant)).toEqual(['b', 'c', 'd', 'e'])
  })

  test('refuses a newcomer when everybody has one waiting and nobody had a turn', () => {
    const queue = queueOf({ most: 2 })
    for (const tenant of ['a', 'b']) push(queue, caller(tenant))
    const third = caller('c')
    expect(push(queue, third)).toBe(third)
  })

  test('does so for an address within a tenant that has all it may have', () => {
    const queue = queueOf({ mostOfTenant: 3 })
    const storm = [caller('a', 'x'), caller('a', 'x'), caller('a', 'x')]
    for (const who of storm) push(queue, who)
    expect(push(queue, caller('a', 'y'))).toBe(storm[2])
    const more = caller('a', 'x')
    expect(push(queue, more)).toBe(more)
    expect(queue.size).toBe(3)
  })

  const who = fc.record({
    tenant: fc.constantFrom('a', 'b', 'c', 'd'),
    address: fc.constantFrom('x', 'y', 'z'),
  })
  const step = fc.oneof(
    fc.record({ do: fc.constant('push' as const), who }),
    fc.record({ do: fc.constant('shift' as const) }),
    fc.record({ do: fc.constant('leave' as const), which: fc.nat(20) }),
  )

  test('keeps everybody it took until they are served, displaced or leave; no longer lane is served twice before another', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = queueOf({ most: 8, mostOfTenant: 4 })
        const waiting = new Set<Caller>()
        for (const now of steps) {
          if (now.do === 'push') {
            const newcomer = caller(now.who.tenant, now.who.address)
            waiting.add(newcomer)
            const displaced = push(queue, newcomer)
            if (displaced !== undefined) expect(waiting.delete(displaced)).toBe(true)
          } else if (now.do === 'shift') {
            const served = queue.shift()
            expect(served === undefined).toBe(waiting.size === 0)
            if (served !== undefined) expect(waiting.delete(served)).toBe(true)
          } else {
            const leaver = [...waiting][now.which]
            if (leaver === undefined) continue
            expect(queue.remove([leaver.tenant, leaver.address], leaver)).toBe(true)
            expect(queue.remove([leaver.tenant, leaver.address], leaver)).toBe(false)
            waiting.delete(leaver)
          }
          expect(queue.size).toBe(waiting.size)
          expect(queue.size).toBeLessThanOrEqual(8)
        }
        expect(new Set(drain(queue))).toEqual(waiting)
      }),
    )
  })

  test('serves k tenants that all have somebody waiting within k turns', () => {
    fc.assert(
      fc.property(fc.array(who, { minLength: 1, maxLength: 60 }), (callers) => {
        const queue = queueOf()
        for (const { tenant, address } of callers) push(queue, caller(tenant, address))
        const tenants = new Set(callers.map(({ tenant }) => tenant))
        const served = drain(queue).slice(0, tenants.size)
        expect(new Set(served.map(({ tenant }) => tenant))).toEqual(tenants)
      }),
    )
  })
})
