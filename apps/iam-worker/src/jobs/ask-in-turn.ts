import { setTimeout as sleep } from 'node:timers/promises'
import { holdBack, takeTurn } from '@iam/domain/breach-audit'
import { type breachedAccounts, BreachSearchError } from '@iam/platform/breached-accounts'
import type { KeptSecret } from '@iam/platform/secrets'
import type { JobDeps } from './job.ts'

/** What asking for breaches takes. */
export interface Asking extends JobDeps {
  readonly service: ReturnType<typeof breachedAccounts>
  readonly key: KeptSecret
  readonly signal: AbortSignal
  /** When the run ends: nobody is asked for after it. */
  readonly until: Date
  /** Milliseconds between two questions. */
  readonly apart: number
}

const mostTries = 4

/**
 * Asks for an address when it is our turn. Told to wait, all workers wait; a key that is not taken is read again once,
 * since it may have been rotated; what the service takes for no address is in no breach.
 * @returns the names of breaches; undefined when the time is up.
 * @throws what the last of a few tries failed with.
 */
export async function askInTurn(asking: Asking, address: string): Promise<string[] | undefined> {
  const { db, clock, service, key, signal, until, apart } = asking
  for (let tries = 1; ; tries += 1) {
    const turn = await takeTurn(db.kysely, { apart, now: clock() })
    if (turn >= until) return undefined
    await sleep(Math.max(0, turn.getTime() - clock().getTime()), undefined, { signal })
    try {
      return await service.breachesOf(address, await key.read())
    } catch (error) {
      if (error instanceof BreachSearchError && error.kind === 'address') return []
      if (tries >= mostTries || !(await isWorthAnother(asking, error))) throw error
    }
  }
}

async function isWorthAnother({ db, clock, key }: Asking, error: unknown): Promise<boolean> {
  if (!(error instanceof BreachSearchError)) return false
  if (error.kind === 'pace') await holdBack(db.kysely, new Date(clock().getTime() + error.retryAfter * 1_000))
  return error.kind === 'key' ? key.renew() : true
}
