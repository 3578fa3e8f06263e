export {
  ColdStoreConflict,
  type ColdColumn,
  type ColdPart,
  type ColdRow,
  type ColdStore,
  type ColdTable,
} from './cold-store.ts'
export { openColdStore, type ColdStoreOptions } from './open-cold-store.ts'
