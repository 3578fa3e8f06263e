export { gatherPersonalData, type Section } from './gather.ts'
export { otherStores, personalTables, registry, type PersonalTable } from './registry.ts'
export type { ColumnRule, Erasure, ImpersonalStore, Person, PersonalStore, Withheld } from './rules.ts'
export { remainsOf, tracesOf, type Trace } from './traces.ts'
