export { takeStatusSlot, type StatusSlot } from './take-status-slot.ts'
