import { Redis } from 'ioredis'

export type { Redis }

export interface RedisConnection {
  readonly client: Redis
  /** Rejects when Redis does not answer. */
  readonly ping: () => Promise<void>
  readonly close: () => void
}

export interface RedisOptions {
  /** Milliseconds a command may take. */
  readonly commandTimeout?: number
  /** In front of every key, where several deployments share one Redis. */
  readonly keyPrefix?: string
  readonly onError?: (error: Error) => void
}

/** Milliseconds that a connection may owe an answer at least, before it is given up and made anew. */
const silence = 1_000

/**
 * Opens a connection. Redis is never waited for: a command fails at once while there is no connection, and after
 * `commandTimeout` milliseconds otherwise; the connection comes back by itself.
 */
export function openRedis(url: string, options: RedisOptions = {}): RedisConnection {
  const { commandTimeout = 150, keyPrefix = '', onError } = options
  const client = new Redis(url, {
    commandTimeout,
    keyPrefix,
    connectTimeout: 1_000,
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    // Later than the command's own time, which would mean nothing otherwise.
    socketTimeout: Math.max(silence, 2 * commandTimeout),
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 1_000),
  })
  client.on('error', (error) => onError?.(error))
  return {
    client,
    ping: async () => {
      await client.ping()
    },
    close: () => client.disconnect(),
  }
}
