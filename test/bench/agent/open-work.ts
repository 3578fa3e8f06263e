import type { Opened, Work } from './protocol.ts'

/** Opens the work of one kind. Each kind is loaded only where it is done, so that no agent carries the others'. */
export async function openWork(work: Work): Promise<Opened> {
  if (work.kind === 'load') return (await import('../load/open-load.ts')).openLoad(work)
  if (work.kind === 'endless') return (await import('../load/open-endless.ts')).openEndless(work)
  if (work.kind === 'read') return (await import('../contenders/read.ts')).openRead(work)
  if (work.kind === 'enqueue') return (await import('../contenders/enqueue.ts')).openEnqueue(work)
  if (work.kind === 'drain') return (await import('../contenders/open-drain.ts')).openDrain(work)
  if (work.kind === 'hash') return (await import('../contenders/hash.ts')).openHash(work)
  if (work.kind === 'sign') return (await import('../contenders/sign.ts')).openSign(work)
  if (work.kind === 'status lists')
    return (await import('../contenders/status-lists.ts')).openStatusLists(work)
  return (await import('../contenders/wake.ts')).openWake(work)
}
