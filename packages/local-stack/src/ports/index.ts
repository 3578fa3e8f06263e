export { type ChosenPort, choosePort, freePort } from './choose-port.ts'
