export { countFailure, mostFailures, type CountFailure } from './count-failure.ts'
export { countLinkRequest } from './count-link-request.ts'
export { deviceKnownFor, knownDevice, rememberDevice } from './known-device.ts'
export { keepOrigin } from './known-origin.ts'
export { enterLoginLane, inLoginLane, type EnterLoginLane, type LoginLane } from './login-lane.ts'
export {
  deleteAttempts,
  deleteOldOrigins,
  failuresInARow,
  forgetFailures,
  passwordDisabled,
} from './queries.ts'
