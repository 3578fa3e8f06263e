import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { type Server, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkout } from '../machine/checkout.ts'
import { machineEnvironment } from '../machine/environment.ts'
import { identify } from '../machine/process-identity.ts'
import { poll } from '../processes/poll.ts'
import { type Throwaway, makeThrowaway } from '../processes/throwaway.ts'
import type { StackState } from '../stack/index.ts'

/** What another engineer's program is replaced by in a checkout that is made for the test. */
const standIns = {
  'packages/emulator/src/google': 'emulator',
  'packages/emulator/src/storage': 'emulator',
  'packages/cli/src': 'cli',
  'apps/iam-worker/src': 'app',
  'apps/iam-jwks/src': 'app',
  'apps/iam-api/src': 'app',
}

describe('npm start and npm stop', { timeout: 300_000 }, () => {
  let home: Throwaway
  let root: string
  beforeEach(async () => {
    home = await makeThrowaway()
    root = join(home.directory, 'checkout')
    makeCheckout(root)
  })
  afterEach(async () => {
    await run('stop')
    home.end()
  })

  it('starts one stack however often it is called, which goes on by itself until npm stop', async () => {
    const both = await Promise.all([run('start', '--detach'), run('start', '--detach')])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(both.filter(({ output }) => output.includes('It runs already'))).toHaveLength(1)
    const { issuer, pids } = state()
    expect((await fetch(issuer)).status).toBe(200)

    const stopped = await run('stop')
    expect(stopped.output).toMatch(/^Stopped edge, .*\.$/m)
    expect(livingOf(pids)).toEqual([])
    expect(existsSync(join(root, '.dev/state.json'))).toBe(false)
    expect((await run('stop')).output).toBe('Nothing was running.\n')
  })

  it('stays until Ctrl-C, then stops everything and ends well', async () => {
    const start = program('start')
    const { pids } = await started(start)

    start.kill('SIGINT')

    expect(await once(start, 'exit')).toEqual([0, null])
    expect(livingOf(pids)).toEqual([])
  })

  it('ends for npm stop what a killed npm start left, and starts again with the same people', async () => {
    const start = program('start')
    const { pids, user } = await started(start)
    start.kill('SIGKILL')
    await once(start, 'exit')
    expect(livingOf(pids)).toHaveLength(Object.keys(pids).length)

    await run('start', '--detach')

    expect(livingOf(pids)).toEqual([])
    expect(state().user).toEqual(user)
  })

  it('begins with other people on reset, also while the stack runs', async () => {
    await run('start', '--detach')
    const before = state()

    await run('start', '--detach', '--reset')

    expect(state().user.password).not.toBe(before.user.password)
    expect(livingOf(before.pids)).toEqual([])
  })

  it('recovers from a first run that was killed half-way', async () => {
    const start = program('start')
    const printed = collect(start)
    await poll(() => (printed.text.includes('Preparing the database') ? true : undefined), {
      withinMs: 120_000,
      everyMs: 5,
    })
    start.kill('SIGKILL')
    await once(start, 'exit')

    const again = await run('start', '--detach')

    expect(again.output).toContain('The first run did not finish: starting again from empty data.')
    expect(again.output).toContain('npm stop ends it.')
  })

  it('names a port that is taken, goes on with another, and stops by itself after its time', async () => {
    const taken = await takeUsualPort()

    const { output } = await run('start', '--detach', '--for', '10s')

    expect(output).toMatch(/^Port 8025 \(mail\) is taken: using \d+\.$/m)
    const stateFile = join(root, '.dev/state.json')
    const gone = () => (existsSync(stateFile) ? undefined : true)
    expect(await poll(gone, { withinMs: 120_000, everyMs: 50 })).toBe(true)
    taken?.close()
  })

  it('has data of its own for each address of the issuer, and goes back to the first', async () => {
    await run('start', '--detach')
    const { issuer, user } = state()
    await run('stop')
    const taken = createServer().listen(Number(new URL(issuer).port), '127.0.0.1')
    await once(taken, 'listening')

    const { output } = await run('start', '--detach')

    expect(output).toMatch(/^Port \d+ \(edge\) is taken: using \d+\.$/m)
    expect(state().issuer).not.toBe(issuer)
    expect(state().user).not.toEqual(user)
    await run('stop')
    await new Promise((closed) => taken.close(closed))
    await run('start', '--detach')
    expect(state()).toMatchObject({ issuer, user })
  })

  it('says how it is used when it does not understand', async () => {
    const { code, output } = await run('start', '--detatch')

    expect(code).toBe(1)
    expect(output).toContain(`Unknown option '--detatch'`)
    expect(output).toContain('Usage: npm start -- [--detach] [--reset] [--for 30m]')
  })

  function program(name: 'start' | 'stop', ...args: string[]) {
    const { inherited } = machineEnvironment()
    return spawn(process.execPath, [join(root, `packages/local-stack/src/${name}.ts`), ...args], {
      env: { ...inherited, IAM_DEV_DATA: join(home.directory, 'data') },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  async function run(
    name: 'start' | 'stop',
    ...args: string[]
  ): Promise<{ code: number | null; output: string }> {
    const child = program(name, ...args)
    const closed = once(child, 'close')
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    await closed
    return { code: child.exitCode, output: stdout + stderr }
  }

  /** Waits until a start that stays has written where everything is. */
  async function started(start: ChildProcess): Promise<StackState> {
    const printed = collect(start)
    const ready = await poll(() => (printed.text.includes('Ctrl-C ends it.') ? true : undefined), {
      withinMs: 120_000,
      everyMs: 20,
    })
    if (!ready) throw new Error(`npm start did not get ready:\n${printed.text}`)
    return state()
  }

  function state(): StackState {
    return JSON.parse(readFileSync(join(root, '.dev/state.json'), 'utf8')) as StackState
  }
})

/** A checkout with this package as it is and stand-ins for everything that others build. */
function makeCheckout(root: string): void {
  const copied = ['packages/local-stack/src', 'migrations/roles.sql']
  for (const path of copied) cpSync(join(checkout, path), join(root, path), { recursive: true })
  for (const [path, name] of Object.entries(standIns)) {
    cpSync(join(checkout, 'packages/local-stack/src/stack/stand-ins', name), join(root, path), {
      recursive: true,
    })
  }
  const packages = 'packages/local-stack/node_modules'
  mkdirSync(dirname(join(root, packages)), { recursive: true })
  symlinkSync(join(checkout, packages), join(root, packages))
  cpSync(join(checkout, 'packages/local-stack/package.json'), join(root, 'packages/local-stack/package.json'))
}

function collect(child: ChildProcess): { text: string } {
  const printed = { text: '' }
  for (const output of [child.stdout, child.stderr])
    output?.on('data', (data) => void (printed.text += String(data)))
  return printed
}

function livingOf(pids: Record<string, number>): string[] {
  return Object.entries(pids).flatMap(([name, pid]) => (identify(pid) === undefined ? [] : [name]))
}

/** Listens on the mail catcher's usual port, unless somebody does already. */
async function takeUsualPort(): Promise<Server | undefined> {
  const server = createServer().listen(8025, '127.0.0.1')
  return new Promise((resolve) => {
    server.once('listening', () => resolve(server))
    server.once('error', () => resolve(undefined))
  })
}
