import { fileURLToPath } from 'node:url'
import { runProgram } from '../run-program.ts'
import { outcomeOf, type Step } from '../step.ts'
import { type Guest, guests, owners } from '../table-owners.ts'

const rule = fileURLToPath(new URL('../table-names.yml', import.meta.url))
const domain = /^packages\/domain\/src\/([^/]+)\//

// iam.now() is a function, `insert into iam.outbox(` a table; `x.iam.user` is an event's subject.
const mention = /(?<into>\binto\s+)?(?<![.\w"])"?iam"?\."?(?<table>[a-z_]+)"?(?<call>\()?/gi

/** A table is named in the SQL of one noun only: its owner decides what may be read and written together. */
export const tables: Step = {
  name: 'tables',
  async run(root) {
    const named = await tablesNamed(root)
    const known = new Set(named.map(({ table }) => table))
    return outcomeOf(`${known.size} tables`, strangers(named, owners, guests))
  },
}

/** Every place in the code that runs in production where a text names a table of the schema. */
export async function tablesNamed(root: string): Promise<Mention[]> {
  const { stdout, stderr } = await runProgram(root, 'ast-grep', ['scan', '--rule', rule, '--json=compact'])
  if (!stdout.startsWith('[')) throw new Error(`ast-grep could not read the tree: ${stderr}`)
  return (JSON.parse(stdout) as Text[]).flatMap(mentionsIn)
}

type Text = { file: string; text: string; range: { start: { line: number } } }
export type Mention = { table: string; file: string; line: number }

function mentionsIn({ file, text, range }: Text): Mention[] {
  return [...text.matchAll(mention)].flatMap(({ groups, index }) => {
    if (groups?.['table'] === undefined || (groups['call'] && !groups['into'])) return []
    const line = range.start.line + text.slice(0, index).split('\n').length
    return [{ table: groups['table'], file, line }]
  })
}

/** A sentence for each mention of a table outside its owner's folder, and for each permission nobody uses. */
export function strangers(named: Mention[], ownerOf: Record<string, string>, guestList: Guest[]): string[] {
  const permits = (guest: Guest, { table, file }: Mention) => guest.table === table && guest.file === file
  const found = named
    .filter((one) => nounOf(one) !== ownerFolder(one.table, ownerOf))
    .filter((one) => !guestList.some((guest) => permits(guest, one)))
    .map(({ table, file, line }) => {
      const owner = ownerFolder(table, ownerOf)
      return `${file}:${line}: iam.${table} belongs to packages/domain/src/${owner}/: ask its index.ts, or see tools/check/table-owners.ts.`
    })
  const unused = guestList.filter((guest) => !named.some((one) => permits(guest, one)))
  return [
    ...new Set(found),
    ...unused.map(
      ({ table, file }) => `${file} no longer names iam.${table}: take it off tools/check/table-owners.ts.`,
    ),
  ]
}

function nounOf({ file }: Mention): string | undefined {
  return domain.exec(file)?.[1]
}

function ownerFolder(table: string, ownerOf: Record<string, string>): string {
  return ownerOf[table] ?? table.replaceAll('_', '-')
}
