import type { Redis } from 'ioredis'

type Payload = Record<string, unknown> & { uid?: string; grantId?: string; consumed?: number }

const mostKept = 200_000
const grantable = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken'])
const consumable = new Set(['AuthorizationCode', 'RefreshToken'])
const now = () => Math.floor(Date.now() / 1000)

/** Tokens in this process's memory: quick, and gone with it. */
export class MapAdapter {
  static readonly #kept = new Map<string, Payload>()
  readonly #model: string

  constructor(model: string) {
    this.#model = model
  }

  async upsert(id: string, payload: Payload): Promise<void> {
    const kept = MapAdapter.#kept
    kept.set(this.#key(id), payload)
    const oldest = kept.keys().next()
    if (kept.size > mostKept && oldest.value !== undefined) kept.delete(oldest.value)
  }

  async find(id: string): Promise<Payload | undefined> {
    return MapAdapter.#kept.get(this.#key(id))
  }

  async consume(id: string): Promise<void> {
    const payload = MapAdapter.#kept.get(this.#key(id))
    if (payload !== undefined) payload.consumed = now()
  }

  async destroy(id: string): Promise<void> {
    MapAdapter.#kept.delete(this.#key(id))
  }

  async revokeByGrantId(): Promise<void> {}

  #key(id: string): string {
    return `${this.#model}:${id}`
  }
}

/** Tokens in Redis, in the shape of the library's own example. */
export class RedisAdapter {
  readonly #redis: Redis
  readonly #model: string

  constructor(redis: Redis, model: string) {
    this.#redis = redis
    this.#model = model
  }

  async upsert(id: string, payload: Payload, expiresIn?: number): Promise<void> {
    const key = this.#key(id)
    const batch = this.#redis.multi()
    if (consumable.has(this.#model)) batch.hset(key, { payload: JSON.stringify(payload) })
    else batch.set(key, JSON.stringify(payload))
    if (expiresIn !== undefined) batch.expire(key, expiresIn)
    if (grantable.has(this.#model) && payload.grantId !== undefined) {
      batch.rpush(`grant:${payload.grantId}`, key)
      batch.expire(`grant:${payload.grantId}`, expiresIn ?? 3600)
    }
    await batch.exec()
  }

  async find(id: string): Promise<Payload | undefined> {
    if (!consumable.has(this.#model)) {
      const found = await this.#redis.get(this.#key(id))
      return found === null ? undefined : (JSON.parse(found) as Payload)
    }
    const { payload, ...rest } = await this.#redis.hgetall(this.#key(id))
    return payload === undefined ? undefined : { ...rest, ...(JSON.parse(payload) as Payload) }
  }

  async consume(id: string): Promise<void> {
    await this.#redis.hset(this.#key(id), 'consumed', now())
  }

  async destroy(id: string): Promise<void> {
    await this.#redis.del(this.#key(id))
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    const keys = await this.#redis.lrange(`grant:${grantId}`, 0, -1)
    await this.#redis.del(`grant:${grantId}`, ...keys)
  }

  #key(id: string): string {
    return `${this.#model}:${id}`
  }
}
