import type { ObjectStore } from './object-store.ts'
import { openObjectStore, type ObjectStoreOptions } from './open-object-store.ts'

/** A store that is opened when it is first used: who starts need not wait for it, nor find it there. */
export function laterObjectStore(options: ObjectStoreOptions): ObjectStore {
  let opened: Promise<ObjectStore> | undefined
  const store = (): Promise<ObjectStore> => {
    opened ??= openObjectStore(options).catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
  return {
    read: async (name) => (await store()).read(name),
    write: async (name, body, written) => (await store()).write(name, body, written),
    delete: async (name) => (await store()).delete(name),
  }
}
