export { announceAnchor, type AnnounceAnchor, type NewAnchor } from './announce-anchor.ts'
export { anchorsAt, type AnchorsAt } from './anchors-at.ts'
export { recordSwitch } from './record-switch.ts'
export { listAnchorRotations, type AnchorRotation } from './queries.ts'
