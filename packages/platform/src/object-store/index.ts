export { DirectoryStore } from './directory-store.ts'
export { ObjectChangedError } from './object-changed-error.ts'
export type { ObjectStore, StoredObject, WriteOptions } from './object-store.ts'
export { type GcsStoreOptions, openGcsStore } from './open-gcs-store.ts'
