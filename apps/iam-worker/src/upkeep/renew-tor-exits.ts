import { every, type Repeating } from '@iam/platform/lifecycle'
import { openObjectStore } from '@iam/platform/object-store'
import { fetchTorExits } from '@iam/platform/tor-exits'
import type { Config } from '../config.ts'

/** Where iam-api finds it, in a directory or a mounted bucket. */
const name = 'tor-exits.txt'
const hour = 3_600_000

/** Brings the list of Tor's exits into the object store once, in place of the one that is there. */
export async function renewTorExits({ store }: Pick<Config, 'store'>, url: string): Promise<void> {
  const list = await fetchTorExits(url)
  const objects = await openObjectStore(store)
  await objects.write(name, list, { contentType: 'text/plain; charset=utf-8' })
}

/** The same every hour, where a list is named. The one that is there stays when no other can be had. */
export function startRenewingTorExits(config: Config, onError: (error: unknown) => void): Repeating {
  const { torExitsUrl: url } = config
  const loop = every(hour, async () => (url === undefined ? undefined : renewTorExits(config, url)), onError)
  loop.nudge()
  return loop
}
