// A process that does one contender's work when it is told to (see agent.ts): what it spends is that work's alone.
import type { Outcome } from '../load/closed-loop.ts'
import { openWork } from './open-work.ts'
import type { Opened, Reply, Request } from './protocol.ts'

let opened: Opened | undefined

process.on('message', (message) => {
  const request = message as Request
  answer(request).then(
    (outcome) => reply({ id: request.id, outcome }),
    (error: unknown) =>
      reply({ id: request.id, error: error instanceof Error ? error.message : String(error) }),
  )
})
// The bench is gone, however it went.
process.on('disconnect', () => process.exit(0))

async function answer(request: Request): Promise<Outcome | undefined> {
  if (request.ask === 'open') {
    opened = await openWork(request.work)
    return undefined
  }
  if (opened === undefined) throw new Error('There is no work yet.')
  if (request.ask === 'run') return opened.run(request.ms)
  await (request.ask === 'prepare' ? opened.prepare?.() : opened.close())
  return undefined
}

function reply(message: Reply): void {
  process.send?.(message)
}
