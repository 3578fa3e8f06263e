import { readCapped } from '../http/index.ts'
import { mostBytes, readTorExits } from './read-tor-exits.ts'

/**
 * Fetches the list of Tor's exits: one try, no redirects. To be called by a job, never for a request.
 * @param answerWithin milliseconds until all of it must be there.
 * @throws when it does not come in time, or is no list.
 */
export async function fetchTorExits(url: string, answerWithin = 30_000): Promise<Buffer> {
  const response = await fetch(url, {
    headers: { accept: 'text/plain', 'user-agent': 'iam' },
    redirect: 'error',
    signal: AbortSignal.timeout(answerWithin),
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`The list of Tor’s exits was answered with ${response.status}.`)
  }
  const list = await readCapped(response, mostBytes)
  if (readTorExits(list.toString()).size === 0) throw new Error('What was fetched names no exit of Tor.')
  return list
}
