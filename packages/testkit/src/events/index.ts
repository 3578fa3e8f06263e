export { eventFaults } from './event-faults.ts'
