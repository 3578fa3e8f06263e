export { every, type Repeating } from './every.ts'
export { retrying } from './retrying.ts'
export { runUntilSignal, type Closer } from './run-until-signal.ts'
export { within } from './within.ts'
