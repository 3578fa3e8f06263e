import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type GoogleEmulator, startGoogleEmulator } from '@iam/emulator/google'
import type { Command } from 'commander'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { buildProgram } from './build-program.ts'
import { runCommand } from './run-command.ts'
import { surroundingsOf, type Terminal } from './surroundings.ts'

const ring = 'projects/local/locations/local/keyRings/iam/cryptoKeys'

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command line in this process, as main.ts does. */
async function run(args: readonly string[], env: NonNullable<Terminal['env']>, stdin = ''): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const said = [text(stdout), text(stderr)]
  const code = await runCommand(args, { env, stdin: Readable.from([stdin]), stdout, stderr })
  stdout.end()
  stderr.end()
  const [out = '', err = ''] = await Promise.all(said)
  return { code, out, err }
}

/** Every command that does something, by its words. */
function commandsOf(command: Command, words: readonly string[] = []): [string, Command][] {
  return command.commands.length === 0
    ? [[words.join(' '), command]]
    : command.commands.flatMap((below) => commandsOf(below, [...words, below.name()]))
}

const silent = { env: {}, stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough() }
const commands = commandsOf(buildProgram(surroundingsOf(silent, () => undefined)))

interface Use {
  readonly args?: readonly string[]
  readonly stdin?: string
  readonly code?: number
  /** That it is not as it should be is a result, too. */
  readonly prints?: true
}

/** Each command with arguments that it takes, and its exit code on the deployment of these tests. */
const uses: Readonly<Record<string, Use>> = {
  migrate: {},
  bootstrap: {},
  'tenant create': { args: ['--slug', 'hotels', '--name', 'Hotels'] },
  'tenant list': {},
  'tenant show': { args: ['system'] },
  'tenant suspend': { args: ['acme'] },
  'tenant reactivate': { args: ['acme'] },
  'tenant pin-algorithm': { args: ['--tenant', 'acme', '--alg', 'none'] },
  'keys list': {},
  'keys rotate': { code: 1 }, // no cache has the standby for long enough
  'keys compromise': { args: ['<kid>'] },
  'key-set show': {},
  'key-set verify': { args: ['<set>'] },
  'key-set rotate-anchor': {
    args: ['--next-spare', `${ring}/publish-3/cryptoKeyVersions/1`, '--at-once'],
  },
  'key-set cancel-anchor': { code: 1 }, // none is announced, or it has come
  'secrets list': {},
  'secrets rotate': { args: ['pepper'] },
  'secrets destroy': { args: ['pepper'], code: 1 }, // none is old
  'audit export': {
    args: ['--tenant', 'acme', '--from', '2026-01-01', '--to', '2026-01-02', '--out', '<directory>'],
  },
  'audit verify': { args: ['<directory>'], code: 1, prints: true }, // no worker sealed anything
  'user create': {
    args: ['--tenant', 'acme', '--email', 'ann@acme.example', '--password-stdin'],
    stdin: 'kettle dawn orbit fern moss',
  },
  'user import': { args: ['--tenant', 'acme'] },
  'jobs list': {},
  'jobs run': { args: ['no-such-job'], code: 1 }, // no worker of this deployment knows any yet
  'outbox inspect': {},
  'outbox replay': {},
  'inbox inspect': {},
  'inbox replay': {},
}

describe('iam', { timeout: 240_000 }, () => {
  let emulator: GoogleEmulator
  let env: Record<string, string>
  let directory: string
  let admin: pg.Client
  const filled: Record<string, string> = {}
  beforeAll(async () => {
    emulator = await startGoogleEmulator()
    directory = await mkdtemp(join(tmpdir(), 'iam-command-'))
    await mkdir(join(directory, 'store'))
    env = await environment()
    expect(await run(['migrate'], env)).toMatchObject({ code: 0 })
    const { code, out, err } = await run(['bootstrap'], env)
    expect([code, err]).toEqual([0, err])
    for (const [, name = '', value = ''] of out.matchAll(/^(IAM_\w+)=(.*)$/gm)) env[name] = value
    await run(['tenant', 'create', '--slug', 'acme', '--name', 'Acme'], env)
    const keys = JSON.parse((await run(['keys', 'list', '--json'], env)).out) as Record<string, string>[]
    filled['<kid>'] = keys.find(({ purpose }) => purpose === 'token')?.['kid'] ?? ''
    const stored = await readdir(join(directory, 'store'), { recursive: true, withFileTypes: true })
    const set = stored.find(({ name }) => name === 'jwks.jwt')
    filled['<set>'] = join(set?.parentPath ?? '', set?.name ?? '')
    filled['<directory>'] = join(directory, 'export')
  })
  afterAll(async () => {
    await admin.end()
    await emulator.stop()
    await rm(directory, { recursive: true, force: true })
  })

  async function environment(): Promise<Record<string, string>> {
    const services = inject('services')
    const name = `command_${randomBytes(6).toString('hex')}`
    const server = new pg.Client({ connectionString: services.postgresUrl })
    await server.connect()
    await server.query(`create database ${name} owner iam_owner`)
    await server.end()
    const url = new URL(services.postgresUrl)
    url.pathname = `/${name}`
    admin = new pg.Client({ connectionString: url.href })
    await admin.connect()
    return {
      IAM_ENV: 'dev',
      IAM_ISSUER: 'http://localhost:1',
      IAM_PROJECT: 'local',
      IAM_REGION: 'local',
      DATABASE_URL: `postgres://iam_owner@127.0.0.1:${services.postgresPort}/${name}`,
      IAM_KMS_ENDPOINT: `127.0.0.1:${emulator.port}`,
      IAM_PUBSUB_ENDPOINT: `127.0.0.1:${emulator.port}`,
      IAM_KMS_WRAP_KEY: `${ring}/wrap`,
      IAM_KMS_ENDORSE_KEY: `${ring}/endorse/cryptoKeyVersions/1`,
      IAM_KMS_PUBLISH_KEY: `${ring}/publish/cryptoKeyVersions/1`,
      IAM_OBJECT_STORE: `file://${join(directory, 'store')}`,
    }
  }

  const lineOf = (words: string) => [
    ...words.split(' '),
    ...(uses[words]?.args ?? []).map((arg) => filled[arg] ?? arg),
  ]

  /** Everything in the database and the object store, in a few digits. */
  async function digest(): Promise<Record<string, string>> {
    const { rows } = await admin.query<{ name: string }>(`
      select format('%I.%I', n.nspname, c.relname) as name from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ('iam', 'graphile_worker') and c.relkind = 'r' order by 1`)
    const found: Record<string, string> = {}
    for (const { name } of rows) {
      const all = await admin.query<{ digest: string }>(
        `select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as digest from ${name} t`,
      )
      found[name] = all.rows[0]?.digest ?? ''
    }
    const store = await readdir(join(directory, 'store'), { recursive: true, withFileTypes: true })
    for (const { name, parentPath } of store.filter((entry) => entry.isFile())) {
      const bytes = await readFile(join(parentPath, name))
      found[join(parentPath, name)] = createHash('sha256').update(bytes).digest('hex')
    }
    return found
  }

  test('has a use of every command here', () => {
    expect(commands.map(([words]) => words).toSorted()).toEqual(Object.keys(uses).toSorted())
  })

  test('stand in the README, each', async () => {
    const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')
    const row = readme.split('\n').find((line) => line.startsWith('| `npm run iam -- …`')) ?? ''
    expect(commands.map(([words]) => words).filter((words) => !row.includes(`\`${words}\``))).toEqual([])
  })

  test.each(commands)('%s: tells how it is used, with an example and its exit codes', async (words) => {
    const { code, out } = await run([...words.split(' '), '--help'], {})
    expect(code).toBe(0)
    const example = /\nExample:\n {2}iam (.*)\n/.exec(out)?.[1]
    expect(example?.startsWith(words)).toBe(true)
    expect(out).toMatch(/\nExit code: 0, it is done; 1, .*; 2, the command line is wrong\./)
    expect(out).toContain('--json')
  })

  test.each(commands)('%s: its example is a command line that it takes', async (words, command) => {
    let help = ''
    command.configureOutput({ writeOut: (piece) => void (help += piece) }).outputHelp()
    const example = (/\nExample:\n {2}iam (.*)\n/.exec(help)?.[1] ?? '').replace(/ < .*/, '')
    const args = [...example.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
    // Without configuration it gets as far as that, and no farther.
    const { code, err } = await run(args, {})
    expect([words, code, err]).toEqual([words, 1, expect.stringContaining('iam')])
    expect(err).not.toMatch(/unknown|missing required|too many arguments/)
  })

  test.each(commands)('%s: refuses an option that it does not know', async (words) => {
    const { code, out, err } = await run([...lineOf(words), '--no-such-option'], {})
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain("unknown option '--no-such-option'")
  })

  test('refuses a command that there is not', async () => {
    expect(await run(['tenant', 'abolish'], {})).toMatchObject({ code: 2, out: '' })
    expect((await run(['--help'], {})).out).toContain('Exit codes: 0, it is done; 1,')
  })

  test.each(commands)('%s: names what is missing where nothing is configured', async (words) => {
    const { code, out, err } = await run(lineOf(words), {})
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/IAM_|DATABASE_URL|ENOENT/)
  })

  const tried = commands.filter(([, { options }]) => options.some(({ long }) => long === '--dry-run'))
  test.each(tried)('%s: a dry run changes nothing', async (words) => {
    const before = await digest()
    const { code, err } = await run([...lineOf(words), '--dry-run', '--json'], env)
    expect({ code, err }).toEqual({ code: uses[words]?.code ?? 0, err: expect.any(String) as string })
    expect(await digest()).toEqual(before)
  })

  test('tries whatever changes a deployment, but for what only ever adds what is missing', () => {
    const without = commands
      .map(([words]) => words)
      .filter((words) => !tried.some(([other]) => other === words))
    const changing = without.filter((words) => !/ (list|show|verify|inspect|export)$/.test(words))
    expect(changing.toSorted()).toEqual([
      'bootstrap',
      'migrate',
      'tenant pin-algorithm',
      'user create',
      'user import',
    ])
  })

  test.each(commands)('%s: prints one result as JSON, or says in one sentence why not', async (words) => {
    const { code, out, err } = await run([...lineOf(words), '--json'], env, uses[words]?.stdin)
    expect([words, code, err]).toEqual([words, uses[words]?.code ?? 0, err])
    if (code === 0 || uses[words]?.prints === true) {
      expect(out).toMatch(/^[^\n]*\n$/)
      expect(JSON.parse(out)).toEqual(expect.any(Object))
    } else expect([out, err]).toEqual(['', expect.stringMatching(/^iam: .+\n$/)])
  })

  test.each(commands)('%s: says in one sentence that the database is away', async (words) => {
    if (/^(key-set (show|verify)|audit verify|inbox .*)$/.test(words)) return
    const away = { ...env, DATABASE_URL: 'postgres://iam_owner@127.0.0.1:1/iam' }
    const { code, out, err } = await run(lineOf(words), away, uses[words]?.stdin)
    expect([code, out]).toEqual([1, ''])
    expect(err.trimEnd().split('\n').at(-1)).toMatch(/^iam: .*ECONNREFUSED/)
    expect(err).not.toContain('    at ')
  })

  test('a tenant is made once, shut out and let in, and the operators’ own is left alone', async () => {
    const tenant = (...args: string[]) => run(['tenant', ...args], env)
    const make = ['create', '--slug', 'inns', '--name', 'Inns']
    expect((await tenant(...make, '--dry-run')).out).toBe('Tenant inns would be made.\n')
    const made = JSON.parse((await tenant(...make, '--json')).out) as { id: string; made: boolean }
    expect(made).toMatchObject({ made: true, slug: 'inns' })
    expect((await tenant(...make)).out).toBe(`Tenant inns is ${made.id}; it was there already.\n`)
    expect((await tenant('create', '--slug', 'No Slug', '--name', 'x')).err).toMatch(/^iam: A slug is/)
    const status = async () =>
      (JSON.parse((await tenant('show', 'inns', '--json')).out) as { status: string }).status
    expect((await tenant('suspend', 'inns')).out).toContain('inns is suspended.')
    expect((await tenant('suspend', 'inns')).out).toBe('inns is suspended already.\n')
    expect(await status()).toBe('suspended')
    expect((await tenant('reactivate', made.id)).out).toContain('inns is active.')
    expect(await status()).toBe('active')
    const { rows } = await admin.query<{ tenants: number }>(`
      select count(distinct tenant_id)::int as tenants from iam.audit_event
       where target_id = '${made.id}' and action in ('tenant.suspended', 'tenant.reactivated')`)
    expect(rows[0]?.tenants).toBe(2)
    const own = await tenant('suspend', 'system')
    expect(own).toMatchObject({ code: 1, err: 'iam: It is the operators’ own tenant.\n' })
    expect((await tenant('show', 'nobody')).err).toBe('iam: There is no tenant nobody.\n')
  })
})
