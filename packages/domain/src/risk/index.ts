export {
  assessLogin,
  loginHistoryOf,
  type Assessment,
  type AssessLogin,
  type EarlierRisk,
  type LoginHistory,
  type RiskDeps,
  type RiskQuestion,
  type RiskService,
  type RiskSources,
  type ScoreCache,
} from './assess-login.ts'
export { decideRisk, type RiskDecision, type RiskPolicy } from './decide-risk.ts'
export { embargo } from './embargo.ts'
export { loginsOf, type KeptLogin } from './kept-logins.ts'
export { loginsOfKinds, tallyLogins, type LoginTally } from './tally-logins.ts'
export {
  deleteOldLogins,
  forgetLogins,
  insertLogin,
  markOpened,
  type DecidedBy,
  type LoginDecision,
  type NewLogin,
} from './queries.ts'
export {
  locationFault,
  locationOf,
  requireLocation,
  type Location,
  type LocationFault,
  type LocationPolicy,
} from './require-location.ts'
export { scoreRisk, type RiskReason, type RiskScore } from './score-risk.ts'
export type { RiskSignals, Told } from './signals.ts'
