import type { Database } from '../db/index.ts'

/** The tables of the schema `iam`, without its name. */
export type TableName = keyof Database extends `iam.${infer Name}` ? Name : never

/** The columns of one of them. */
export type ColumnOf<Table extends TableName> = keyof Database[`iam.${Table}`] & string
