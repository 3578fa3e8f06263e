import { startBigQueryEmulator, type BigQueryEmulator } from '@iam/emulator/big-query'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BigQueryStore } from './big-query-store.ts'
import { coldRows, coldTable, testColdStore } from './cold-store.conformance.ts'

const place = (endpoint: string, dataset = 'audit') => {
  return { project: 'project', dataset, location: 'europe-west1', endpoint }
}

describe('BigQuery', () => {
  testColdStore(async () => {
    const emulator = await startBigQueryEmulator({ datasets: ['audit'] })
    return {
      open: () => new BigQueryStore(place(emulator.endpoint), coldTable),
      close: () => emulator.stop(),
    }
  })
})

describe('a load job', () => {
  let emulator: BigQueryEmulator
  let store: BigQueryStore
  beforeEach(async () => {
    emulator = await startBigQueryEmulator({ datasets: ['audit'] })
    store = new BigQueryStore(place(emulator.endpoint), coldTable)
  })
  afterEach(() => emulator.stop())

  const part = { month: '2026-08', number: 3 }

  test('that failed is followed by another one, and its rows are there once', async () => {
    emulator.faults.failLoads(2)
    await store.writePart(part, coldRows('2026-08', 10))
    expect(await store.readPart(part)).toEqual(coldRows('2026-08', 10))
    expect(emulator.loads()).toBe(1)
  })

  test('that fails time and again is given up, and nothing is there', async () => {
    emulator.faults.failLoads(3)
    await expect(store.writePart(part, coldRows('2026-08', 10))).rejects.toThrow('backendError')
    expect(await store.readPart(part)).toEqual([])
  })

  test('whose answer was lost is not done again', async () => {
    emulator.faults.loseAnswers(1)
    await store.writePart(part, coldRows('2026-08', 10)).catch(() => undefined)
    await store.writePart(part, coldRows('2026-08', 10))
    expect(await store.readPart(part)).toEqual(coldRows('2026-08', 10))
    expect(emulator.loads()).toBe(1)
  })

  test('into a dataset that is missing fails, and says so', async () => {
    const elsewhere = new BigQueryStore(place(emulator.endpoint, 'missing'), coldTable)
    expect(await elsewhere.readPart(part)).toEqual([])
    await expect(elsewhere.writePart(part, coldRows('2026-08', 1))).rejects.toThrow('Dataset missing')
  })
})
