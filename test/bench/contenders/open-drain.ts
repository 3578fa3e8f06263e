import type { DrainWay, Opened, Work } from '../agent/protocol.ts'
import type { Drain } from './drain.ts'

type DrainWork = Extract<Work, { kind: 'drain' }>

/** Empties an outbox or a queue of `rows` events whose publisher or job does nothing. */
export async function openDrain(work: DrainWork): Promise<Opened> {
  const drain = await open(work)
  const { rows } = work
  return {
    prepare: () => drain.fill(rows),
    run: async () => {
      const startedAt = performance.now()
      await drain.empty(rows)
      const seconds = (performance.now() - startedAt) / 1000
      return { ops: rows, seconds, p50Ms: NaN, p99Ms: NaN, errors: 0 }
    },
    close: () => drain.close(),
  }
}

/** Each is loaded only where it runs, so that none pays for the others. */
async function open({ way, urls }: DrainWork): Promise<Drain> {
  const opener: Record<DrainWay, () => Promise<Drain>> = {
    ours: async () => (await import('./our-relay.ts')).openOurRelay(urls),
    'skip locked': async () => (await import('../peers/skip-locked.ts')).openSkipLocked(urls.peer),
    'graphile-worker': async () => (await import('../peers/graphile-worker.ts')).openGraphile(urls.peer, {}),
    'graphile-worker, local queue': async () =>
      (await import('../peers/graphile-worker.ts')).openGraphile(urls.peer, { localQueue: true }),
    'pg-boss': async () => (await import('../peers/pg-boss.ts')).openPgBoss(urls.peer),
  }
  return opener[way]()
}
