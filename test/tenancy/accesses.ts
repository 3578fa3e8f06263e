import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const domain = fileURLToPath(new URL('../../packages/domain/src/', import.meta.url))
const comment = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm

// In SQL, with quotes or without, and in the words of the query builder. `iam.now()` is a function, and
// `insert into iam.outbox(` a table.
const table = /"?iam"?\."?(?<table>[a-z_]+)"?(?<call>\()?/.source
const mention = new RegExp(`(?<![.\\w])${table}`, 'g')
const access = new RegExp(
  `(?:\\b(?<sql>delete\\s+from|insert\\s+into|update|from|join)\\s+|\\.(?<builder>[a-z]\\w+)\\(\\s*')${table}`,
  'gi',
)

const operations: Readonly<Record<string, string>> = {
  'delete from': 'delete',
  'insert into': 'insert',
  update: 'update',
  from: 'select',
  join: 'select',
  selectFrom: 'select',
  innerJoin: 'select',
  leftJoin: 'select',
  insertInto: 'insert',
  updateTable: 'update',
  deleteFrom: 'delete',
}

/** What a text does to which tables of the schema, as `update session`. */
export function accessesIn(text: string): string[] {
  return [...text.matchAll(access)].flatMap(({ groups = {} }) => {
    const operation = operations[(groups['sql'] ?? groups['builder'] ?? '').replace(/\s+/, ' ')]
    if (operation === undefined || (groups['call'] !== undefined && operation !== 'insert')) return []
    return [`${operation} ${groups['table']}`]
  })
}

/** What the code of the domain does to which tables, and the tables it names in a way that is not understood here. */
export function accessesOfDomain(): { readonly pairs: Set<string>; readonly unread: string[] } {
  const files = globSync('**/*.ts', { cwd: domain }).filter((file) => !/\.(test|generated)\.ts$/.test(file))
  const pairs = new Set<string>()
  const unread: string[] = []
  for (const file of files) {
    const text = readFileSync(domain + file, 'utf8').replace(comment, '')
    const found = accessesIn(text)
    for (const pair of found) pairs.add(pair)
    for (const { groups = {} } of text.matchAll(mention)) {
      const isTable = groups['call'] === undefined
      if (isTable && !found.some((pair) => pair.endsWith(` ${groups['table']}`))) {
        unread.push(`${groups['table']} in ${file}`)
      }
    }
  }
  return { pairs, unread }
}
