import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Secrets } from './secrets.ts'

/** A place of secrets, and how somebody puts one there or takes it away. */
export interface Keeper {
  readonly secrets: Secrets
  readonly put: (name: string, text: string) => Promise<void>
  readonly withdraw: (name: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** What every adapter of secrets does. */
export function secretsConform(adapter: string, open: () => Promise<Keeper>): void {
  describe(`secrets in ${adapter}`, () => {
    let keeper: Keeper
    beforeAll(async () => {
      keeper = await open()
    })
    afterAll(() => keeper.close())

    test('are read as they were stored, the newest version', async () => {
      await keeper.put('hibp-api-key', 'first')
      expect(await keeper.secrets.read('hibp-api-key')).toBe('first')
      await keeper.put('hibp-api-key', 'sécond')
      expect(await keeper.secrets.read('hibp-api-key')).toBe('sécond')
    })

    test('are undefined when there is none, or none any more', async () => {
      expect(await keeper.secrets.read('no-such')).toBeUndefined()
      await keeper.put('withdrawn', 'text')
      await keeper.withdraw('withdrawn')
      expect(await keeper.secrets.read('withdrawn')).toBeUndefined()
    })

    test.each(['', 'A', '../x', 'a/versions/1', 'a_b'])('are not looked for under “%s”', async (name) => {
      await expect(keeper.secrets.read(name)).rejects.toThrow('is named by')
    })
  })
}
