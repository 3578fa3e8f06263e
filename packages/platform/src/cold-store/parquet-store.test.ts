import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parquetMetadata } from 'hyparquet'
import { describe, expect, test } from 'vitest'
import { openObjectStore } from '../object-store/index.ts'
import { coldRows, coldTable, testColdStore } from './cold-store.conformance.ts'
import { openColdStore } from './open-cold-store.ts'
import { ParquetStore } from './parquet-store.ts'

describe('Parquet files', () => {
  testColdStore(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'cold-'))
    const objects = await openObjectStore({ url: pathToFileURL(directory).href })
    return {
      open: () => new ParquetStore(objects, coldTable),
      close: () => rm(directory, { recursive: true }),
    }
  })

  test('are files that any reader of Parquet takes, with the types of the columns', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'cold-'))
    try {
      const store = await openColdStore({ url: pathToFileURL(directory).href }, coldTable)
      await store.writePart({ month: '2026-08', number: 1 }, coldRows('2026-08', 10))
      const file = await readFile(join(directory, 'things/2026-08/part-00001.parquet'))
      const { schema, num_rows: rows } = parquetMetadata(new Uint8Array(file).buffer)
      expect(Number(rows)).toBe(10)
      expect(schema.slice(1).map(({ name, type }) => [name, type])).toEqual([
        ['owner', 'BYTE_ARRAY'],
        ['number', 'INT64'],
        ['at', 'INT64'],
        ['note', 'BYTE_ARRAY'],
        ['size', 'INT64'],
      ])
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})
