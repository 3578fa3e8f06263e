import { createHash } from 'node:crypto'
import { readCapped } from '../http/index.ts'
import { BreachSearchError } from './breach-search-error.ts'
import { type KnownBreach, readBreach, readNames, readRange } from './read-breaches.ts'

export interface BreachedAccountsOptions {
  /** Where the API is, without a slash at its end. */
  readonly url: string
  /**
   * What leaves this process of an address: with `range` the first six hexadecimal digits of its SHA-1 (k-anonymity,
   * which takes a subscription that has it), with `address` the address itself.
   */
  readonly search: 'range' | 'address'
  /** Milliseconds until a whole answer must be there. */
  readonly answerWithin?: number
}

const prefixLength = 6
const mostBytes = { latest: 64 * 1024, all: 16 * 1024 * 1024, search: 2 * 1024 * 1024 }

/**
 * Have I Been Pwned's API v3: which breaches of other services an address is in. One try, no redirects.
 * Its methods throw BreachSearchError.
 */
export function breachedAccounts({ url, search, answerWithin = 10_000 }: BreachedAccountsOptions) {
  const ask = (path: string, most: number, key?: string) =>
    fetchJson(`${url}/${path}`, { most, key, answerWithin })
  return {
    /** The breach that was added last. Takes no key. */
    latest: async (): Promise<KnownBreach> => read(await ask('latestbreach', mostBytes.latest), readBreach),
    /** Every breach that is known. Takes no key. */
    all: async (): Promise<KnownBreach[]> =>
      read(await ask('breaches', mostBytes.all), (value) => {
        if (!Array.isArray(value) || value.length === 0) throw new Error('There is no list in it.')
        return value.map(readBreach)
      }),
    /** The names of the breaches that an address is in. */
    breachesOf: async (address: string, key: string): Promise<string[]> => {
      if (search === 'address') {
        const path = `breachedaccount/${encodeURIComponent(address)}?truncateResponse=false`
        return readFound(await ask(path, mostBytes.search, key), readNames)
      }
      // As the service hashes them: in lower case.
      const hash = createHash('sha1').update(address.trim().toLowerCase()).digest('hex').toUpperCase()
      const range = await ask(`breachedaccount/range/${hash.slice(0, prefixLength)}`, mostBytes.search, key)
      return readFound(range, (value) => readRange(value, hash.slice(prefixLength)))
    },
  }
}

interface Asked {
  readonly most: number
  readonly key: string | undefined
  readonly answerWithin: number
}

/** @returns undefined for 404, which is how the service says that there is none. */
async function fetchJson(url: string, { most, key, answerWithin }: Asked): Promise<unknown> {
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json', 'user-agent': 'iam', ...(key && { 'hibp-api-key': key }) },
      redirect: 'error',
      signal: AbortSignal.timeout(answerWithin),
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      if (response.status === 404) return undefined
      throw refusalOf(response)
    }
    return JSON.parse((await readCapped(response, most)).toString('utf8'))
  } catch (error) {
    throw error instanceof BreachSearchError ? error : unusable(error)
  }
}

function refusalOf({ status, headers }: Response): BreachSearchError {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  const said = `The search for breached addresses answered ${status}`
  if (status === 401) return new BreachSearchError('key', `${said}: it does not take the key.`)
  if (status === 403)
    return new BreachSearchError('key', `${said}: the subscription of the key has no such search.`)
  if (status === 400) return new BreachSearchError('address', `${said}: it takes this for no address.`)
  if (status === 429)
    return new BreachSearchError('pace', `${said}: it was asked too often.`, seconds >= 0 ? seconds : 60)
  return new BreachSearchError('service', `${said}.`)
}

function readFound(value: unknown, reader: (value: unknown) => string[]): string[] {
  return value === undefined ? [] : read(value, reader)
}

function read<T>(value: unknown, reader: (value: unknown) => T): T {
  try {
    return reader(value)
  } catch (error) {
    throw unusable(error)
  }
}

/** Messages of a failed fetch or of JSON.parse may quote what was fetched: its kind alone is told. */
function unusable(error: unknown): BreachSearchError {
  const { name, message } = error as Error
  const own = /^(There is no|The answer is larger)/.test(message) ? ` ${message}` : ` (${name})`
  return new BreachSearchError(
    'service',
    `The search for breached addresses gave no answer that can be used.${own}`,
  )
}
