import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { identify, identifyChild } from './process-identity.ts'

it('knows a child that ended before anybody looked, until its end was heard of', async () => {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  const pid = Number(child.pid)
  while (identify(pid) !== undefined); // in one turn of the event loop, as on a machine that stalls
  expect(identifyChild(pid)).toMatchObject({ pid })
  await once(child, 'exit')
  expect(identifyChild(pid)).toBeUndefined()
})
