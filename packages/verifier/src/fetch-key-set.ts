/** What an issuer answered. No document: nothing has changed. */
export interface Fetched {
  readonly document?: string
  readonly etag: string | undefined
  /** How long it says that it may be used, in seconds. */
  readonly freshSeconds: number | undefined
}

const largest = 1024 * 1024
const patience = 5_000

/**
 * Fetches a key set, or hears that it has not changed. Redirects are not followed: the address is pinned by who
 * configured it.
 */
export async function fetchKeySet(url: string, etag: string | undefined): Promise<Fetched> {
  const response = await fetch(url, {
    headers: etag === undefined ? {} : { 'if-none-match': etag },
    redirect: 'error',
    signal: AbortSignal.timeout(patience),
  })
  const freshSeconds = freshnessOf(response.headers)
  if (response.status === 304 && etag !== undefined) return { etag, freshSeconds }
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`The issuer answered ${response.status}.`)
  }
  return { document: await textOf(response), etag: response.headers.get('etag') ?? undefined, freshSeconds }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > largest) throw new Error('The key set is too large.')
    chunks.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}

/** `max-age` less what a cache on the way has used of it (RFC 9111 4.2). */
function freshnessOf(headers: Headers): number | undefined {
  const maxAge = /(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])/i.exec(headers.get('cache-control') ?? '')?.[1]
  if (maxAge === undefined) return undefined
  const age = /^\d{1,9}$/.exec(headers.get('age') ?? '')?.[0] ?? '0'
  return Math.max(0, Number(maxAge) - Number(age))
}
