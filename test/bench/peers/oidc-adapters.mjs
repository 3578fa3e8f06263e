const mostKept = 200_000
const grantable = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken'])
const consumable = new Set(['AuthorizationCode', 'RefreshToken'])
const now = () => Math.floor(Date.now() / 1000)

/** Tokens in this process's memory: quick, and gone with it. */
export class MapAdapter {
  static #kept = new Map()
  #model

  constructor(model) {
    this.#model = model
  }

  async upsert(id, payload) {
    const kept = MapAdapter.#kept
    kept.set(this.#key(id), payload)
    const oldest = kept.keys().next()
    if (kept.size > mostKept && oldest.value !== undefined) kept.delete(oldest.value)
  }

  async find(id) {
    return MapAdapter.#kept.get(this.#key(id))
  }

  async consume(id) {
    const payload = MapAdapter.#kept.get(this.#key(id))
    if (payload !== undefined) payload.consumed = now()
  }

  async destroy(id) {
    MapAdapter.#kept.delete(this.#key(id))
  }

  async revokeByGrantId() {}

  #key(id) {
    return `${this.#model}:${id}`
  }
}

/** Tokens in Redis, in the shape of the library's own example. */
export class RedisAdapter {
  #redis
  #model

  constructor(redis, model) {
    this.#redis = redis
    this.#model = model
  }

  async upsert(id, payload, expiresIn) {
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

  async find(id) {
    if (!consumable.has(this.#model)) {
      const found = await this.#redis.get(this.#key(id))
      return found === null ? undefined : JSON.parse(found)
    }
    const { payload, ...rest } = await this.#redis.hgetall(this.#key(id))
    return payload === undefined ? undefined : { ...rest, ...JSON.parse(payload) }
  }

  async consume(id) {
    await this.#redis.hset(this.#key(id), 'consumed', now())
  }

  async destroy(id) {
    await this.#redis.del(this.#key(id))
  }

  async revokeByGrantId(grantId) {
    const keys = await this.#redis.lrange(`grant:${grantId}`, 0, -1)
    await this.#redis.del(`grant:${grantId}`, ...keys)
  }

  #key(id) {
    return `${this.#model}:${id}`
  }
}
