import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { identify } from '../machine/process-identity.ts'
import { endPrograms, readJournal } from './journal.ts'
import { SupervisedProgram } from './supervised-program.ts'
import { makeThrowaway } from './throwaway.ts'

type Supervisor = ChildProcessByStdio<null, Readable, null>

const ending = { signal: 'SIGTERM', withinMs: 1_000 } as const

describe('the journal of running programs', () => {
  const children: ChildProcess[] = []
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  it('ends its programs, the last started first', async () => {
    const programs = [await entry('first'), await entry('second')]

    expect(await endPrograms(programs)).toEqual(['second', 'first'])
    expect(programs.map(({ pid }) => identify(pid))).toEqual([undefined, undefined])
  })

  it('leaves alone a process that only has the number of an ended program', async () => {
    const foreign = await entry('foreign')

    expect(await endPrograms([{ ...foreign, startedAt: 'earlier' }])).toEqual([])
    expect(identify(foreign.pid)).toBeDefined()
  })

  it('lets the next throw-away place end what a killed process left running', async () => {
    const { owner, directory } = await killedOwner()
    const left = readJournal(join(directory, 'programs.json'))?.programs ?? []
    expect(left).toMatchObject([{ name: 'orphan' }])
    expect(identify(owner)).toBeUndefined()

    const next = await makeThrowaway()
    next.remove()

    expect(left.map(({ pid }) => identify(pid))).toEqual([undefined])
    expect(existsSync(directory)).toBe(false)
  })

  it('leaves the throw-away place of a living process alone', async () => {
    const mine = await makeThrowaway()
    const other = await makeThrowaway()

    expect(existsSync(mine.directory)).toBe(true)
    mine.remove()
    other.remove()
  })

  it('lets nothing be started any more in a place that was ended', async () => {
    const home = await makeThrowaway()
    const late = new SupervisedProgram(
      { name: 'late', command: process.execPath, args: [], env: {}, cwd: '/', ready: { line: /ready/ } },
      home,
    )
    home.end()

    await expect(late.start()).rejects.toThrow('late is not started, because everything ends.')
  })

  it('ends the programs of a process that exits without stopping them', async () => {
    const owner = supervisor('process.exit()')
    const { directory, pid } = await reportOf(owner)
    await once(owner, 'exit')

    // The signal was sent before the exit; the kernel carries it out a moment later.
    await expect.poll(() => identify(pid), { timeout: 5_000 }).toBeUndefined()
    expect(existsSync(directory)).toBe(false)
  })

  async function entry(name: string) {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    children.push(child)
    await once(child, 'spawn')
    const identity = identify(Number(child.pid))
    if (identity === undefined) throw new Error('The child should run.')
    return { name, ...identity, ...ending }
  }

  async function killedOwner() {
    const owner = supervisor('setInterval(() => {}, 1000)')
    const { directory } = await reportOf(owner)
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    return { owner: Number(owner.pid), directory }
  }
})

/** A process of its own that starts one program in a throw-away place, reports it, and then runs `afterwards`. */
function supervisor(afterwards: string): Supervisor {
  const script = `
    const { makeThrowaway } = await import('${new URL('throwaway.ts', import.meta.url).href}')
    const { SupervisedProgram } = await import('${new URL('supervised-program.ts', import.meta.url).href}')
    const home = await makeThrowaway()
    const orphan = new SupervisedProgram({
      name: 'orphan', command: process.execPath, args: ['-e', 'console.log("ready"); setInterval(() => {}, 1000)'],
      env: {}, cwd: '/', ready: { line: /ready/ },
    }, home)
    await orphan.start()
    process.stdout.write(JSON.stringify({ directory: home.directory, pid: orphan.pid }), () => { ${afterwards} })`
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function reportOf(owner: Supervisor): Promise<{ directory: string; pid: number }> {
  const printed = await once(owner.stdout, 'data')
  return JSON.parse(String(printed[0])) as { directory: string; pid: number }
}
