import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identify } from '../machine/process-identity.ts'
import { freePort } from '../ports/index.ts'
import { readJournal } from './journal.ts'
import { SupervisedProgram, type ProgramFailure, type ProgramPlan } from './supervised-program.ts'
import { makeThrowaway, type Throwaway } from './throwaway.ts'

const runsOn = 'setInterval(() => {}, 1000)'
const ready = `console.log('ready');`

describe('SupervisedProgram', () => {
  let home: Throwaway
  beforeEach(async () => void (home = await makeThrowaway()))
  afterEach(() => home.end())

  it('is ready once the program prints its line', async () => {
    const program = await started(`${ready} ${runsOn}`)

    expect(readFileSync(program.logFile, 'utf8')).toBe('ready\n')
  })

  it('is ready once the program answers 200 at its address', async () => {
    const port = await freePort()
    const script = `let asked = 0
      require('http').createServer((_, res) => { res.statusCode = ++asked < 3 ? 503 : 200; console.log(asked); res.end() })
        .listen(${port}, '127.0.0.1')`

    const program = await started(script, { ready: { url: `http://127.0.0.1:${port}/health/ready` } })

    expect(readFileSync(program.logFile, 'utf8')).toBe('1\n2\n3\n')
  })

  it('refuses with its last lines when the program dies before it is ready', async () => {
    const failure = started(`console.error('no such database'); process.exit(3)`)

    await expect(failure).rejects.toThrow(
      /^program ended before it was ready \(exit code 3\)\. Its last lines:\n {2}no such database\nThe whole log: .*program\.log$/,
    )
  })

  it('refuses a program that is not ready in time, and ends it', async () => {
    const failure = started(`console.log(process.pid); ${runsOn}`, { readyWithinMs: 3_000 })

    await expect(failure).rejects.toThrow('program was not ready within 3 s.')
    const pid = Number(readFileSync(join(home.logs, 'program.log'), 'utf8'))
    expect(identify(pid)).toBeUndefined()
  })

  it('refuses a program that does not exist', async () => {
    const program = new SupervisedProgram({ ...plan(''), command: '/no/such/program' }, home)

    await expect(program.start()).rejects.toThrow(
      'program could not be started (spawn /no/such/program ENOENT).',
    )
  })

  it('asks a program to end and waits until it has', async () => {
    const program = await started(
      `process.on('SIGTERM', () => { console.log('bye'); process.exit() }); ${ready} ${runsOn}`,
    )

    await program.stop()

    expect(readFileSync(program.logFile, 'utf8')).toBe('ready\nbye\n')
    expect(program.pid).toBeUndefined()
  })

  it('kills a program that does not end when asked', async () => {
    const program = await started(`process.on('SIGTERM', () => {}); ${ready} ${runsOn}`, {
      ending: { signal: 'SIGTERM', withinMs: 100 },
    })
    const { pid } = program

    await program.stop()

    expect(identify(Number(pid))).toBeUndefined()
  })

  it('starts a program again with a new process after a kill', async () => {
    const program = await started(`${ready} ${runsOn}`)
    const first = program.pid

    await program.kill()
    await program.start()

    expect(program.pid).not.toBe(first)
    expect(readFileSync(program.logFile, 'utf8')).toBe('ready\nready\n')
  })

  it('has the program in the journal exactly while it runs', async () => {
    const program = await started(`${ready} ${runsOn}`)
    const { pid } = program
    const whileRunning = journalled()
    await program.stop()

    expect(whileRunning).toEqual([{ name: 'program', pid }])
    expect(journalled()).toEqual([])
  })

  it('reports a program that ends unasked, and only that', async () => {
    const reported = new Promise<ProgramFailure>((resolve) => {
      const surroundings = { ...home, logs: home.logs, journal: home.journal, onUnexpectedEnd: resolve }
      void new SupervisedProgram(
        plan(`${ready} setTimeout(() => process.exit(7), 3_000)`),
        surroundings,
      ).start()
    })

    expect((await reported).message).toContain(
      'program ended by itself (exit code 7). Its last lines:\n  ready',
    )
  })

  it('keeps the program out of reach of signals to our own process group', async () => {
    const { pid } = await started(`${ready} ${runsOn}`)

    const session = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3]
    expect(session).toBe(String(pid))
  })

  async function started(script: string, more: Partial<ProgramPlan> = {}): Promise<SupervisedProgram> {
    const program = new SupervisedProgram({ ...plan(script), ...more }, home)
    await program.start()
    return program
  }

  function journalled() {
    const file = join(home.directory, 'programs.json')
    expect(existsSync(file)).toBe(true)
    return readJournal(file)?.programs.map(({ name, pid }) => ({ name, pid }))
  }
})

function plan(script: string): ProgramPlan {
  return {
    name: 'program',
    command: process.execPath,
    args: ['-e', script],
    env: {},
    cwd: '/',
    ready: { line: /ready/ },
  }
}
