import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clearSetUp, finishSetUp, openSetUp, saveSetUp } from './set-up.ts'

describe('the set-up of a stack', () => {
  let directory: string
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'set-up-'))))
  afterEach(() => rmSync(directory, { recursive: true }))

  it('is kept once it is finished', () => {
    const { setUp } = openSetUp(directory)
    setUp.user = { email: 'ada@demo.example', password: 'secret' }
    finishSetUp(directory, setUp)

    expect(openSetUp(directory)).toEqual({ setUp, remark: undefined })
  })

  it('begins afresh, and says so, when the first run was interrupted', () => {
    const { setUp } = openSetUp(directory)
    saveSetUp(directory, { ...setUp, operator: { email: 'operator@iam.example', password: 'half' } })
    mkdirSync(join(directory, 'postgres'))

    const again = openSetUp(directory)

    expect(again.remark).toBe('The first run did not finish: starting again from empty data.')
    expect(again.setUp.id).not.toBe(setUp.id)
    expect(again.setUp.operator).toBeUndefined()
    expect(existsSync(join(directory, 'postgres'))).toBe(false)
  })

  it.each(['postgres', 'google', 'storage'])(
    'refuses data whose %s directory is gone or from another set-up',
    (name) => {
      finishSetUp(directory, openSetUp(directory).setUp)

      writeFileSync(join(directory, name, 'iam-set-up'), 'another')
      expect(() => openSetUp(directory)).toThrow(`(${name} is missing or from another set-up)`)
      rmSync(join(directory, name), { recursive: true })
      expect(() => openSetUp(directory)).toThrow('run npm start -- --reset')
    },
  )

  it('is cleared without touching what others put beside it', () => {
    finishSetUp(directory, openSetUp(directory).setUp)
    writeFileSync(join(directory, 'thesis.tex'), '')

    clearSetUp(directory)

    expect(readdirSync(directory)).toEqual(['thesis.tex'])
  })

  it('is readable by its owner alone, because it holds passwords', () => {
    openSetUp(directory)

    expect(statSync(join(directory, 'set-up.json')).mode & 0o777).toBe(0o600)
  })
})
