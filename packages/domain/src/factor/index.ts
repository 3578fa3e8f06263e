export { hasSecondFactor, usableKinds, type FactorKind, type HeldFactor } from './factor.ts'
export { forgetFactors, heldFactorsOf } from './queries.ts'
