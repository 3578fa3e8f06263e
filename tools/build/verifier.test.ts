import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildVerifier } from './verifier.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

const service = `
import { createVerifier, TokenRefused, type Access } from '@iam/verifier'
const verifier = createVerifier({ issuer: 'https://id.example', audience: 'https://me.example', tenants: 'any' })
const access: Access | string = await verifier.verify('x.y.z').catch((error: unknown) =>
  error instanceof TokenRefused ? error.reason : String(error),
)
console.log(access)
`

/** The package as a service has it: installed, beside nothing of this checkout. */
describe('the built verifier', () => {
  let directory: string
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'iam-verifier-'))
    const modules = join(directory, 'node_modules')
    await buildVerifier(root, join(modules, '@iam/verifier'))
    mkdirSync(modules, { recursive: true })
    symlinkSync(join(root, 'packages/verifier/node_modules/jose'), join(modules, 'jose'))
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
    writeFileSync(join(directory, 'service.ts'), service)
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  it('runs in a service, with jose alone', async () => {
    const { stdout } = await run(process.execPath, [join(directory, 'service.ts')])
    expect(stdout).toBe('malformed\n')
  })

  it('has types that a service is checked by', async () => {
    const tsc = join(root, 'node_modules/.bin/tsc')
    const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck']
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
    await expect(
      run(tsc, [...strict, ...types, join(directory, 'service.ts')], { cwd: dirname(directory) }),
    ).resolves.toMatchObject({ stdout: '' })
  })

  it('is a package that npm understands', () => {
    const manifest = JSON.parse(
      readFileSync(join(directory, 'node_modules/@iam/verifier/package.json'), 'utf8'),
    ) as { dependencies: Record<string, string> }
    expect(Object.entries(manifest.dependencies)).toEqual([
      ['jose', expect.stringMatching(/^\^\d+\.\d+\.\d+$/)],
    ])
  })
})
