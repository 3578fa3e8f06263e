import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { SealedUserKey } from '../user/index.ts'
import { personalTables, type PersonalTable } from './registry.ts'
import { type ColumnRule, type Person, type PersonalStore, type StoredRow, type Withheld } from './rules.ts'
import { openValue } from './open-value.ts'

/** One section of an export: what one table has of a person. */
export interface Section {
  readonly name: string
  readonly about: string
  readonly records: readonly StoredRow[]
  /** What is not told, with why. */
  readonly withheld: readonly { readonly name: string; readonly because: Withheld }[]
}

type Deps = { readonly secrets: SecretRings }
type Owner = { readonly person: Person; readonly userKey: SealedUserKey | undefined }

/**
 * Everything that the tables have of a person, by the registry: each column as its rule says, sealed values opened,
 * and other people’s ids left out. Of a transaction under the person's tenant.
 */
export async function gatherPersonalData(deps: Deps, tx: Executor, owner: Owner): Promise<Section[]> {
  const sections: Section[] = []
  for (const store of personalTables) sections.push(await sectionOf(deps, tx, { owner, store }))
  return sections
}

async function sectionOf(
  deps: Deps,
  tx: Executor,
  { owner, store: [table, store] }: { readonly owner: Owner; readonly store: PersonalTable },
): Promise<Section> {
  const { person } = owner
  const rows = await rowsOf(tx, person, [table, store])
  const opened = rows.map((row) => openRow(deps, owner, { row, store }))
  const theirs = store.isTheirs === undefined ? opened : opened.filter((row) => store.isTheirs?.(row, person))
  const rules = Object.entries(store.columns)
  return {
    name: store.section,
    about: store.about,
    records: theirs.map((row) => spell(row, person)),
    withheld: rules.flatMap(([column, rule]) =>
      rule.is === 'withheld' ? [{ name: camelCase(column), because: rule.because }] : [],
    ),
  }
}

async function rowsOf(tx: Executor, person: Person, [table, store]: PersonalTable): Promise<StoredRow[]> {
  const columns = [
    ...new Set(Object.entries(store.columns).flatMap(([name, rule]) => columnsRead(name, rule))),
  ]
  const found = await sql<StoredRow>`
    select ${sql.join(columns.map((column) => sql.ref(column)))} from ${sql.table(`iam.${table}`)}
     where tenant_id = ${person.tenantId} and ${store.of(person)}`.execute(tx)
  return found.rows
}

function columnsRead(name: string, rule: ColumnRule): readonly string[] {
  if (rule.is === 'told') return [name]
  return rule.is === 'opened' ? [name, ...rule.seal.needs] : []
}

function openRow(
  { secrets }: Deps,
  { person, userKey }: Owner,
  { row, store }: { readonly row: StoredRow; readonly store: PersonalStore },
): StoredRow {
  const { userId } = person
  const values = Object.entries(store.columns).flatMap(([name, rule]) => {
    if (rule.is === 'told') return [[name, row[name]] as const]
    if (rule.is !== 'opened') return []
    const sealed = row[name] as Buffer | null
    return [
      [name, openValue({ secrets }, { sealed, row, seal: rule.seal, owner: { userId, userKey } })] as const,
    ]
  })
  return Object.fromEntries(values)
}

function spell(row: StoredRow, person: Person): StoredRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [camelCase(name), spelled(value, person)]),
  )
}

/** As JSON has it; who else something was done by or to is theirs to be told. */
function spelled(value: unknown, person: Person): unknown {
  if (value instanceof Date) return value.toISOString()
  if (Buffer.isBuffer(value)) return value.toString('base64url')
  if (typeof value === 'string') return isOfOthers(value, person) ? 'another person' : value
  if (Array.isArray(value)) return value.map((item) => spelled(item, person))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, spelled(item, person)]))
}

function isOfOthers(value: string, { userId }: Person): boolean {
  return value.startsWith('usr_') && value !== userId
}

function camelCase(column: string): string {
  return column.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
}
