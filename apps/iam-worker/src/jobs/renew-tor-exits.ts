import { openObjectStore } from '@iam/platform/object-store'
import { fetchTorExits } from '@iam/platform/tor-exits'
import type { Config } from '../config.ts'

/** Where iam-api finds it, in a directory or a mounted bucket. */
const name = 'tor-exits.txt'

/** Brings the list of Tor's exits into the object store, in place of the one that is there, which stays when no other can be had. */
export async function renewTorExits({ store }: Pick<Config, 'store'>, url: string): Promise<void> {
  const list = await fetchTorExits(url)
  const objects = await openObjectStore(store)
  await objects.write(name, list, { contentType: 'text/plain; charset=utf-8' })
}
