export { noteLook, type FoundBreach, type NoteLook } from './note-look.ts'
export {
  breachesFoundAt,
  countDue,
  forgetBreaches,
  holdBack,
  peopleDue,
  takeTurn,
  type Due,
  type KeptBreach,
} from './queries.ts'
