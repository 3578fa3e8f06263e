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

/** What a pool makes its clients from: pg's own options, and ours. */
export interface ClientOptions extends pg.ClientConfig {
  /** Called for each value before it is written. */
  readonly beforeWriting?: ((value: unknown) => void) | undefined
}

/** A client that sends queries without waiting for the answer to the one before. */
export class PipelinedClient extends pg.Client {
  readonly #beforeWriting: ClientOptions['beforeWriting']

  constructor(config?: ClientOptions) {
    super({ ...config, pipeline: true })
    this.#beforeWriting = config?.beforeWriting
  }

  // All of pg's overloads at once: what comes in is what they allow, and what they answer goes out.
  override query(...args: unknown[]): never {
    const [, values] = args
    if (this.#beforeWriting !== undefined && Array.isArray(values)) values.forEach(this.#beforeWriting)
    return plainQuery(this, this.sent(args)) as never
  }

  /** The query as pg is to send it. */
  protected sent(args: unknown[]): unknown[] {
    return args
  }
}

/** It also prepares every statement that has values: planned once for a connection, at half the server's work. */
export class NamedClient extends PipelinedClient {
  protected override sent(args: unknown[]): unknown[] {
    return named(args)
  }
}

function named(args: unknown[]): unknown[] {
  const [text, values, ...rest] = args
  if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0) return args
  return [{ name: nameOf(text), text, values: values as unknown[] }, ...rest]
}
