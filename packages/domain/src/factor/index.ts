export { beginTotp, type BeginTotp, type TotpSetup } from './begin-totp.ts'
export { checkFactor, kindOfAnswer, type CheckFactorDeps, type FactorAnswer } from './check-factor.ts'
export { planConfirmation, type ConfirmTotp, type PlannedFactor } from './confirm-totp.ts'
export {
  hasSecondFactor,
  usableKinds,
  type FactorKind,
  type FactorMethod,
  type HeldFactor,
  type ProvedFactor,
} from './factor.ts'
export {
  deleteFactor,
  deleteFactorsOfKind,
  factorsOf,
  factorUsed,
  forgetFactors,
  heldFactorsOf,
  insertFactor,
  mostFactorFailures,
  renameFactorTo,
  requireNoFactor,
  type StoredFactor,
} from './queries.ts'
export { recordFactorFailure, type FactorFailure } from './record-failure.ts'
export { recordEnrolled, recordRemoved, type FactorChange } from './record-enrolled.ts'
export { planFirstRecoveryCodes, planRecoveryCodes, untilCodesStand } from './recovery-codes.ts'
export { recoveryCodesChanged, recoveryCodesLeft } from './recovery-queries.ts'
export { factorOpener, sealFactorName } from './sealed-values.ts'
export { totpCode, totpStep } from './totp.ts'
