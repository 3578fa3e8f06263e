import { isDeepStrictEqual } from 'node:util'

/** A JSON Schema, of those keywords that ours use. */
export type Schema = Readonly<Record<string, unknown>>

/** Keywords that say nothing about what is valid. */
const notes = new Set(['$schema', '$id', '$comment', 'title', 'description', 'examples'])

/** Keywords that are compared by what they mean; any other may not change at all. */
const understood = new Set(['properties', 'required', 'items', 'anyOf', 'enum'])

/**
 * What stands between a released schema and the one that is to take its place, under the same name. Both ways
 * must work: who knows the released one reads what is published from now on, and who knows the new one reads what
 * was published before, which consumers keep for years. So members may come if they may be missing, and words may
 * come to a list that says so (an `anyOf` of the list and any string); all else is another version.
 * @returns for each difference where it is and what it is; nothing when the new one may take its place.
 */
export function schemaBreaks(released: Schema, current: Schema, at: string[] = []): string[] {
  return [
    ...memberBreaks(released, current, at),
    ...itemBreaks(released, current, at),
    ...choiceBreaks(released, current, at),
    ...otherBreaks(released, current, at),
  ]
}

function memberBreaks(released: Schema, current: Schema, at: string[]): string[] {
  const [before, now] = [membersOf(released), membersOf(current)]
  const kept = Object.entries(before).flatMap(([name, member]) => {
    const path = [...at, name]
    const heir = now[name]
    if (heir === undefined) return [said(path, 'was taken away')]
    return [...presenceBreaks(released, current, path), ...schemaBreaks(member, heir, path)]
  })
  const required = Object.keys(now).filter((name) => before[name] === undefined && requires(current, name))
  return [...kept, ...required.map((name) => said([...at, name], 'is new, and events stored before lack it'))]
}

function presenceBreaks(released: Schema, current: Schema, path: string[]): string[] {
  const name = path.at(-1) ?? ''
  const [before, now] = [requires(released, name), requires(current, name)]
  if (before === now) return []
  return [said(path, before ? 'may be missing now' : 'is required now, and events stored before may lack it')]
}

function itemBreaks(released: Schema, current: Schema, at: string[]): string[] {
  const [before, now] = [released['items'], current['items']]
  if (before === undefined && now === undefined) return []
  if (!isSchema(before) || !isSchema(now)) return [said([...at, '[]'], 'is described otherwise')]
  return schemaBreaks(before, now, [...at, '[]'])
}

/** An `anyOf` keeps its branches; next to a branch for any string, a list may grow. */
function choiceBreaks(released: Schema, current: Schema, at: string[]): string[] {
  const [before, now] = [branchesOf(released), branchesOf(current)]
  if (before.length !== now.length) return [said(at, 'may be of other kinds')]
  const open = now.some(isAnyString)
  return [
    ...wordBreaks(released, current, { at, open: false }),
    ...before.flatMap((branch, n) => {
      const heir = now[n] ?? {}
      const { enum: _before, ...withoutList } = branch
      const { enum: _now, ...heirWithoutList } = heir
      return [...wordBreaks(branch, heir, { at, open }), ...schemaBreaks(withoutList, heirWithoutList, at)]
    }),
  ]
}

function wordBreaks(
  released: Schema,
  current: Schema,
  { at, open }: { at: string[]; open: boolean },
): string[] {
  const [before, now] = [released['enum'], current['enum']]
  if (before === undefined && now === undefined) return []
  if (!Array.isArray(before) || !Array.isArray(now))
    return [said(at, 'is a list of words no more, or only now')]
  const gone = before.filter((word) => !now.includes(word))
  const come = open ? [] : now.filter((word) => !before.includes(word))
  return [
    ...gone.map((word) => said(at, `is never ${JSON.stringify(word)} now, and events stored before may be`)),
    ...come.map((word) => said(at, `may be ${JSON.stringify(word)} now`)),
  ]
}

function otherBreaks(released: Schema, current: Schema, at: string[]): string[] {
  const keywords = new Set([...Object.keys(released), ...Object.keys(current)])
  return [...keywords]
    .filter((keyword) => !notes.has(keyword) && !understood.has(keyword))
    .filter((keyword) => !isDeepStrictEqual(released[keyword], current[keyword]))
    .map((keyword) => {
      const [before, now] = [released[keyword], current[keyword]].map(
        (value) => JSON.stringify(value) ?? 'nothing',
      )
      return said(at, `has ${keyword} ${now} instead of ${before}`)
    })
}

const said = (at: string[], what: string) => `${at.length === 0 ? 'the message' : at.join('.')} ${what}`
const membersOf = (schema: Schema) => (schema['properties'] ?? {}) as Record<string, Schema>
const branchesOf = (schema: Schema) => (schema['anyOf'] ?? []) as Schema[]
const requires = (schema: Schema, name: string) => ((schema['required'] ?? []) as string[]).includes(name)
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null
const isAnyString = (schema: Schema) =>
  schema['type'] === 'string' &&
  Object.keys(schema).every((keyword) => keyword === 'type' || notes.has(keyword))
