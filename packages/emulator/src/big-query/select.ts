import { invalid } from './big-query-error.ts'
import { readValue, type Row, type Table, type Tables } from './tables.ts'

/** A named parameter as clients send it. */
export interface Parameter {
  readonly name: string
  readonly parameterType: { readonly type: string }
  readonly parameterValue: { readonly value?: string }
}

type Value = string | number | null

const form =
  /^SELECT (?<columns>[^()*]+?) FROM `(?<project>[^.`]+)\.(?<dataset>[^.`]+)\.(?<table>[^`]+)`\s+WHERE (?<where>.+?) ORDER BY (?<order>.+)$/s
const condition = /^`(?<column>\w+)` (?<operator>=|<|>=) @(?<parameter>\w+)$/

const compare: Readonly<Record<string, (one: Value, other: Value) => boolean>> = {
  '=': (one, other) => one !== null && one === other,
  '<': (one, other) => one !== null && other !== null && one < other,
  '>=': (one, other) => one !== null && other !== null && one >= other,
}

/**
 * Answers the one form of query that there is a use for: named columns of one table, where columns are compared with
 * named parameters, ordered by columns. Refuses every other.
 */
export function select(
  tables: Tables,
  query: string,
  parameters: readonly Parameter[],
): { readonly fields: Table['fields']; readonly rows: readonly Row[] } {
  const { columns, dataset = '', table: name = '', where, order } = form.exec(query.trim())?.groups ?? {}
  if (columns === undefined) throw invalid('The emulator does not understand this query.')
  const table = tables.get(dataset, name)
  const fieldOf = (column: string) => {
    const field = table.fields.find((one) => one.name === column)
    if (field === undefined) throw invalid(`Unrecognized name: ${column}`)
    return field
  }
  const tests = (where ?? '').split(' AND ').map((text) => {
    const { column = '', operator = '', parameter = '' } = condition.exec(text.trim())?.groups ?? {}
    const given = parameters.find((one) => one.name === parameter)
    if (given === undefined) throw invalid(`The emulator does not understand: ${text}`)
    const { type } = given.parameterType
    if (type !== fieldOf(column).type)
      throw invalid(`No matching signature for ${column} ${operator} ${type}`)
    const value = readValue({ name: parameter, type }, given.parameterValue.value ?? null)
    return (row: Row) => compare[operator]?.(row[column] ?? null, value) === true
  })
  const by = names(order ?? '').map((column) => fieldOf(column).name)
  const found = table.rows.filter((row) => tests.every((holds) => holds(row)))
  return {
    fields: names(columns).map(fieldOf),
    rows: found.toSorted((one, other) => inOrder(one, other, by)),
  }
}

function names(list: string): string[] {
  return list.split(',').map((item) => item.trim().replace(/^`(.*)`$/, '$1'))
}

function inOrder(one: Row, other: Row, by: readonly string[]): number {
  for (const column of by) {
    const [a, b] = [one[column] ?? '', other[column] ?? '']
    if (a !== b) return a < b ? -1 : 1
  }
  return 0
}
