import type { Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { blankTokens, endExportsOf } from './queries.ts'

type Person = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'>; readonly at: Date }

/** Ends a person’s exports, made or not: for who is let in no more. Their files are deleted by the next run. */
export async function endExports(tx: Executor, person: Person): Promise<void> {
  await endExportsOf(tx, person)
}

/** The same for who is erased: nothing of what opened them is left. */
export async function forgetExports(tx: Executor, person: Person): Promise<void> {
  await endExportsOf(tx, person)
  await blankTokens(tx, person)
}
