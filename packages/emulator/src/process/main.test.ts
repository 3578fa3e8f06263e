import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EmulatorControl } from '../google/index.ts'

let directory: string
const children: ChildProcess[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'emulator-'))
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(directory, { recursive: true })
})

async function start(program: string, ...flags: string[]) {
  const main = fileURLToPath(new URL(`../${program}/main.ts`, import.meta.url))
  const child = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  const exited = once(child, 'exit')
  const lines = createInterface(child.stdout)
  const ready = Promise.race([once(lines, 'line'), exited.then(() => [])])
  const [line] = (await ready) as [string?]
  return { child, exited, ready: JSON.parse(line ?? '{}') as Record<string, unknown> }
}

test('tells where the Google emulator listens, and stops on SIGTERM and SIGINT', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { child, exited, ready } = await start('google', '--state-dir', directory)
    expect(ready).toMatchObject({ ready: true, service: 'google-emulator', pid: child.pid })
    const control = new EmulatorControl(ready['endpoint'] as string)
    expect(await control.deploymentId()).toBe(ready['deploymentId'])
    child.kill(signal)
    expect(await exited).toEqual([0, null])
    control.close()
  }
})

test('starts again after it was killed', async () => {
  const first = await start('google', '--state-dir', directory)
  first.child.kill('SIGKILL')
  await first.exited
  const second = await start('google', '--state-dir', directory)
  expect(second.ready['deploymentId']).toBe(first.ready['deploymentId'])
})

test('refuses flags it does not know and a port that is none', async () => {
  for (const flags of [['--what'], ['--port', 'x'], ['--port', '70000']]) {
    const { exited } = await start('google', ...flags)
    expect((await exited)[0]).toBe(1)
  }
})

test('tells where the object store listens, with the buckets it was asked for, and stops on SIGTERM', async () => {
  for (let starts = 0; starts < 2; starts += 1) {
    const { child, exited, ready } = await start('storage', '--dir', directory, '--bucket', 'objects')
    expect(ready).toMatchObject({ ready: true, service: 'storage-emulator', pid: child.pid })
    expect((await fetch(`${String(ready['endpoint'])}/storage/v1/b/objects`)).status).toBe(200)
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  }
})
