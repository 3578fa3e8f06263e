import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ColdRow, ColdStore, ColdTable } from './cold-store.ts'

/** An empty store, which can be opened more than once. */
export interface ColdStoreSubject {
  open: () => ColdStore
  close: () => Promise<void>
}

export const coldTable: ColdTable = {
  name: 'things',
  time: 'at',
  order: ['owner', 'number'],
  columns: [
    { name: 'owner', type: 'text', nullable: false },
    { name: 'number', type: 'integer', nullable: false },
    { name: 'at', type: 'time', nullable: false },
    { name: 'note', type: 'text', nullable: true },
    { name: 'size', type: 'integer', nullable: true },
  ],
}

export const coldRows = (month: string, count: number, note = 'à'): ColdRow[] =>
  Array.from({ length: count }, (_, n) => ({
    owner: n < count / 2 ? 'ten_A' : 'ten_B',
    number: n,
    at: `${month}-28T23:59:59.${String(n % 1000).padStart(3, '0')}Z`,
    note: n % 3 === 0 ? null : `${note} "${n}"\n`,
    size: n % 4 === 0 ? null : n * 1_000_000_000,
  }))

/** What every `ColdStore` must do, whatever is behind it. */
export function testColdStore(start: () => Promise<ColdStoreSubject>): void {
  let subject: ColdStoreSubject
  let store: ColdStore
  beforeAll(async () => {
    subject = await start()
    store = subject.open()
  })
  afterAll(() => subject.close())

  test('finds nothing where nothing was written', async () => {
    expect(await store.readPart({ month: '2020-01', number: 0 })).toEqual([])
    expect(await store.readManifest('2020-01')).toBeUndefined()
  })

  test('gives back every value of every row, in order, part by part, to another client too', async () => {
    const parts = [coldRows('2020-02', 6_500), coldRows('2020-02', 3, 'b'), coldRows('2020-02', 1, 'c')]
    for (const [number, rows] of parts.entries()) await store.writePart({ month: '2020-02', number }, rows)
    for (const [number, rows] of parts.entries())
      expect(await subject.open().readPart({ month: '2020-02', number })).toEqual(rows)
    expect(await store.readPart({ month: '2020-02', number: 3 })).toEqual([])
  })

  test('has once what is written twice, one after the other and at the same time', async () => {
    const part = { month: '2020-03', number: 0 }
    const rows = coldRows('2020-03', 20)
    await Promise.all(Array.from({ length: 5 }, () => subject.open().writePart(part, rows)))
    await store.writePart(part, rows)
    expect(await store.readPart(part)).toEqual(rows)
    await Promise.all(Array.from({ length: 5 }, () => subject.open().writeManifest('2020-03', '{"rows":20}')))
    await store.writeManifest('2020-03', '{"rows":20}')
    expect(await store.readManifest('2020-03')).toBe('{"rows":20}')
  })

  test('refuses other rows, fewer of them, and another manifest', async () => {
    const part = { month: '2020-04', number: 7 }
    const refused = { name: 'ColdStoreConflict' }
    await store.writePart(part, coldRows('2020-04', 5))
    await expect(store.writePart(part, coldRows('2020-04', 5, 'other'))).rejects.toMatchObject(refused)
    await expect(store.writePart(part, coldRows('2020-04', 5).slice(0, 4))).rejects.toMatchObject(refused)
    expect(await store.readPart(part)).toEqual(coldRows('2020-04', 5))
    await store.writeManifest('2020-04', 'one')
    await expect(store.writeManifest('2020-04', 'other')).rejects.toMatchObject(refused)
    expect(await store.readManifest('2020-04')).toBe('one')
  })
}
