import { AsyncLocalStorage } from 'node:async_hooks'
import type { Attributes, NewSpan, Span } from './span.ts'

/** The recorded span that work is a part of. */
export interface Scope {
  readonly span: Span
  child(what: Pick<NewSpan, 'name' | 'kind' | 'attributes' | 'began'>): Span
}

const scopes = new AsyncLocalStorage<Scope>()

/** Does work as a part of a recorded span. */
export function runWithin<T>(scope: Scope, work: () => T): T {
  return scopes.run(scope, work)
}

/** The recorded span that is being worked on; undefined in all that nobody records. */
export function currentSpan(): Span | undefined {
  return scopes.getStore()?.span
}

/**
 * Does work under a span of its own, where the work around it is recorded; elsewhere it costs a look and nothing more.
 * @param attributes the same for every call, so that nothing is put together for a span that is not recorded.
 */
export function inSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  const scope = scopes.getStore()
  return scope === undefined ? work() : recorded(scope, { name, attributes }, work)
}

async function recorded<T>(
  scope: Scope,
  { name, attributes }: { readonly name: string; readonly attributes: Attributes },
  work: () => Promise<T>,
): Promise<T> {
  const span = scope.child({ name, kind: 'client', attributes })
  try {
    const done = await span.run(work)
    span.end()
    return done
  } catch (error) {
    span.end(error)
    throw error
  }
}

/** Tells of work that is done already, and of how long it took in milliseconds. */
export function afterwards(
  took: number,
  describe: () => { readonly name: string; readonly attributes: Attributes },
): void {
  const scope = scopes.getStore()
  if (scope === undefined) return
  scope.child({ ...describe(), kind: 'client', began: Date.now() - took }).end()
}
