import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventFolder } from '../../generate/targets.ts'
import { type Schema, schemaBreaks } from '../schema-breaks.ts'
import { outcomeOf, type Step } from '../step.ts'

/** What was promised of an event in a release is still promised: its consumers are not ours to change. */
export const events: Step = {
  name: 'events',
  async run(root) {
    const released = await schemasIn(join(root, eventFolder, 'released'))
    const current = await schemasIn(join(root, eventFolder))
    return outcomeOf(`${current.size} events, ${released.size} released`, brokenPromises(released, current))
  },
}

/** Schemas by their file names. */
export type Schemas = ReadonlyMap<string, Schema>

/** A sentence for each released event that is gone, or that its consumers could no longer read. */
export function brokenPromises(released: Schemas, current: Schemas): string[] {
  return [...released].flatMap(([file, before]) => {
    const { name, version } = partsOf(file)
    const now = current.get(file)
    const way = `Leave v${version} as it was released, in packages/domain/src/event-schema/, and add ${name}.v${version + 1}`
    if (now === undefined) return [`${file} is gone, and consumers of v${version} wait for it. ${way}.`]
    return schemaBreaks(before, now).map((what) => `${file}: ${what}. ${way} for what has to differ.`)
  })
}

/** `iam.user.registered.v1.json` is version 1 of `user.registered`. */
function partsOf(file: string): { name: string; version: number } {
  const [, name, version] = /^iam\.(.+)\.v(\d+)\.json$/.exec(file) ?? []
  if (name === undefined) throw new Error(`${file} is not named as an event's schema is.`)
  return { name, version: Number(version) }
}

async function schemasIn(folder: string): Promise<Schemas> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json'))
  const read = files.map(
    async (file) => [file, JSON.parse(await readFile(join(folder, file), 'utf8'))] as const,
  )
  return new Map(await Promise.all(read))
}
