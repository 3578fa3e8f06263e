import { createSecretKey } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { argon2Hasher, letHashingGiveWay } from './index.ts'

/** The niceness of each thread of this process, by name (proc(5), `stat`, the nineteenth field). */
function niceness(): [string, number][] {
  return readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
    const [name = '', rest = ''] = stat.slice(stat.indexOf('(') + 1).split(') ')
    return [name, Number(rest.split(' ')[16])]
  })
}

test.runIf(process.platform === 'linux')('threads that hash give way, and no other', async () => {
  await letHashingGiveWay()
  const hasher = argon2Hasher({ memoryKib: 65_536, iterations: 3, lanes: 4 })
  const hashing = hasher.verify(hasher.decoy, 'password', createSecretKey(Buffer.alloc(32, 1)))
  const seen = niceness()
  await hashing
  const polite = seen.filter(([, nice]) => nice === 10).map(([name]) => name)
  expect(polite.length).toBeGreaterThanOrEqual(4)
  expect(seen.filter(([name]) => name.startsWith('libuv-worker')).every(([, nice]) => nice === 10)).toBe(true)
  expect(seen.find(([name]) => name === 'MainThread' || name === 'node')?.[1]).toBe(0)
})

test('where priorities are not granted, hashing goes on as before', async () => {
  const refused = () => {
    throw new Error('EACCES: permission denied')
  }
  await expect(letHashingGiveWay(refused)).resolves.toBeUndefined()
})
