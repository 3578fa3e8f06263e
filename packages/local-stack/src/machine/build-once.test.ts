import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildOnce } from './build-once.ts'

describe('buildOnce', () => {
  let parent: string
  let directory: string
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'build-once-'))
    directory = join(parent, 'made')
  })
  afterEach(() => rmSync(parent, { recursive: true }))

  it('builds a directory and does not build it again', async () => {
    await buildOnce(directory, writes('first'))
    await buildOnce(directory, writes('second'))

    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('first')
  })

  it('leaves nothing behind when building fails', async () => {
    const failing = buildOnce(directory, () => Promise.reject(new Error('no network')))

    await expect(failing).rejects.toThrow('no network')
    expect(readdirSync(parent)).toEqual([])
  })

  it('lets two builders at once both succeed with one result', async () => {
    await Promise.all([buildOnce(directory, writes('one')), buildOnce(directory, writes('other'))])

    expect(readdirSync(parent)).toEqual(['made'])
    expect(['one', 'other']).toContain(readFileSync(join(directory, 'file'), 'utf8'))
  })

  it('clears up after a builder that was killed, and leaves that of a living one', async () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid
    mkdirSync(`${directory}.${dead}.aaaa`)
    mkdirSync(`${directory}.${process.pid}.bbbb`)

    await buildOnce(directory, writes('done'))

    expect(readdirSync(parent).toSorted()).toEqual(['made', `made.${process.pid}.bbbb`])
  })

  it('makes what was built readable by every user', async () => {
    await buildOnce(directory, async (scratch) => {
      mkdirSync(join(scratch, 'inner'), { mode: 0o700 })
      writeFileSync(join(scratch, 'inner/secretive'), '', { mode: 0o600 })
    })

    expect(statSync(join(directory, 'inner')).mode & 0o777).toBe(0o755)
    expect(statSync(join(directory, 'inner/secretive')).mode & 0o777).toBe(0o644)
  })
})

function writes(content: string): (scratch: string) => Promise<void> {
  return async (scratch) => writeFileSync(join(scratch, 'file'), content)
}
