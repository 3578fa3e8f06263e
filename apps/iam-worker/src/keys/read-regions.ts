import { readFile } from 'node:fs/promises'
import type { Db } from '@iam/domain/db'
import { takeRegionPart, type RegionPins } from '@iam/domain/signing-key'
import { readCapped } from '@iam/platform/http'

/** Where the key sets of other regions are read, and what they are held against. */
export interface Regions {
  readonly pins: RegionPins
  readonly sources: ReadonlyMap<string, string>
}

interface ReadRegions {
  readonly db: Db
  /** Told of a region whose key set cannot be had or is refused; its last good part stays. */
  readonly regionFailed: (region: string, fault: string | undefined) => void
}

const patience = 3_000
const largest = 1024 * 1024

/** Reads what the other regions publish, each by itself: one that is away or lies holds up no other. */
export async function readRegions(deps: ReadRegions, regions: Regions, now: Date): Promise<void> {
  const all = [...regions.sources].map(async ([region, source]) => {
    try {
      const document = await read(source)
      const fault = await takeRegionPart(deps.db.kysely, { pins: regions.pins, region, document, now })
      deps.regionFailed(region, fault)
    } catch (error) {
      deps.regionFailed(region, (error as Error).message)
    }
  })
  await Promise.all(all)
}

async function read(source: string): Promise<string> {
  if (source.startsWith('file:')) return readFile(new URL(source), 'utf8')
  const response = await fetch(source, { redirect: 'error', signal: AbortSignal.timeout(patience) })
  if (response.status === 200) return (await readCapped(response, largest)).toString()
  await response.body?.cancel()
  throw new Error(`It was answered with ${response.status}.`)
}
