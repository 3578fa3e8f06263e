export { EmulatorControl } from './rpc/control.ts'
export type { Fault } from './rpc/faults.ts'
export {
  type GoogleEmulator,
  type GoogleEmulatorOptions,
  startGoogleEmulator,
} from './start-google-emulator.ts'
