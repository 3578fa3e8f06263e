// Runs one of the project's programs on the project's own Node, after setting the checkout up.
//
//   node tools/run.mjs <program.ts> [arguments…]
//
// This file alone must run on the oldest Node a newcomer may have (20) and with nothing installed, so it
// uses no packages and no TypeScript. It installs when the lockfile changed since the last finished
// install, one installer at a time, and says what it does.
import { spawnSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cache = join(root, '.cache')
const stamp = join(cache, 'installed')
const lock = join(cache, 'install.lock')

try {
  const [program, ...args] = process.argv.slice(2)
  if (program === undefined) throw new Error('Usage: node tools/run.mjs <program.ts> [arguments…]')
  requireMachine()
  await installOnce()
  process.exitCode = await run(projectNode(), [join(root, program), ...args])
} catch (error) {
  console.error(`\n${error.message}`)
  process.exitCode = 1
}

function requireMachine() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new Error(`Node ${process.versions.node} is too old: install Node 20 or newer and run this again.`)
  }
}

async function installOnce() {
  const wanted = fingerprint()
  if (installed() === wanted) return
  mkdirSync(cache, { recursive: true })
  const release = await takeLock()
  try {
    if (installed() === wanted) return // another first run finished while this one waited
    install()
    writeFileSync(stamp, wanted)
  } finally {
    release()
  }
}

/** What an install depends on: the lockfile, the workspace file and every package.json. */
function fingerprint() {
  const manifests = ['apps', 'packages'].flatMap((dir) =>
    readdirSync(join(root, dir)).map((name) => join(dir, name, 'package.json')),
  )
  const files = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    'migrations/package.json',
    'test/package.json',
    ...manifests,
  ]
  const hash = createHash('sha256')
  for (const file of files.sort()) {
    const path = join(root, file)
    if (existsSync(path)) hash.update(file).update(readFileSync(path))
  }
  return hash.digest('hex')
}

function installed() {
  if (!existsSync(stamp) || !existsSync(join(root, 'node_modules'))) return undefined
  return readFileSync(stamp, 'utf8')
}

/** A directory is the lock, because making one is atomic; a lock whose owner died is taken over. */
async function takeLock() {
  for (let waited = 0; ; waited += 1) {
    try {
      mkdirSync(lock)
      writeFileSync(join(lock, 'pid'), String(process.pid))
      return () => rmSync(lock, { recursive: true, force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (waited > 2 && !ownerLives()) rmSync(lock, { recursive: true, force: true })
    if (waited === 4) console.log('Another first run is installing the packages; waiting for it…')
    await sleep(500)
  }
}

function ownerLives() {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0)
    return true
  } catch {
    return false
  }
}

function install() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  console.log(`Installing the packages with ${packageManager} (a minute or less the first time)…`)
  const started = Date.now()
  const result = spawnSync(
    'npx',
    ['-y', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only'],
    {
      cwd: root,
      env: { ...process.env, CI: 'true' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 << 20,
    },
  )
  if (result.error)
    throw new Error(`npx could not be started (${result.error.message}): install npm and run this again.`)
  if (result.status !== 0) {
    console.error(`${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-15).join('\n'))
    throw new Error(
      'The packages could not be installed: see the lines above, check the network, and run this again.',
    )
  }
  console.log(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`)
}

/** The Node that the lockfile pins; on platforms it is not published for, the machine's own if it is new enough. */
function projectNode() {
  const pinned = join(root, 'node_modules/.bin/node')
  if (existsSync(pinned)) return pinned
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  throw new Error(
    `No pinned Node for ${process.platform}-${process.arch}: install Node 24 or newer and run this again.`,
  )
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, NODE_NO_WARNINGS: '1' } })
    const forward = (signal) => child.kill(signal)
    process.on('SIGTERM', forward)
    // The terminal sends SIGINT to the whole group, so the child has it already: only do not die before it.
    process.on('SIGINT', () => {})
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)))
  })
}
