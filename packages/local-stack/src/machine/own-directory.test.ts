import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ownDirectory } from './own-directory.ts'

describe('ownDirectory', () => {
  let parent: string
  let directory: string
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'own-'))
    directory = join(parent, 'ours')
  })
  afterEach(() => rmSync(parent, { recursive: true }))

  it('makes a directory that everyone may enter, whatever the umask', () => {
    mkdirSync(directory, { mode: 0o700 })

    ownDirectory(directory, 'IAM_DEV_CACHE')

    expect(statSync(directory).mode & 0o777).toBe(0o755)
  })

  it('refuses a directory that others may write to', () => {
    mkdirSync(directory)
    chmodSync(directory, 0o777)

    expect(() => ownDirectory(directory, 'IAM_DEV_CACHE')).toThrow(
      `${directory} is not a directory that only you can write to: remove it, or set IAM_DEV_CACHE to one that is.`,
    )
  })

  it('refuses a link that somebody may turn elsewhere', () => {
    symlinkSync(parent, directory)

    expect(() => ownDirectory(directory, 'IAM_DEV_DATA')).toThrow('set IAM_DEV_DATA to one that is')
  })
})
