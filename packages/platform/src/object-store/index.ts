export { ObjectChangedError } from './object-changed-error.ts'
export { laterObjectStore } from './later-store.ts'
export type { ObjectStore, StoredObject, WriteOptions } from './object-store.ts'
export { type ObjectStoreOptions, openObjectStore } from './open-object-store.ts'
