export { oneTimePurposes, type OneTimePurpose } from './purposes.ts'
export {
  fitsOneTimeCode,
  readOneTimeLink,
  spellOneTimeCode,
  type OneTimeCode,
  type PresentedLink,
} from './one-time-code.ts'
export {
  consumeOneTimeCode,
  countWrongGuess,
  deleteOldCodes,
  findUsableCode,
  forgetCodes,
  insertOneTimeCode,
  lockNewestCode,
  voidOneTimeCodes,
} from './queries.ts'
