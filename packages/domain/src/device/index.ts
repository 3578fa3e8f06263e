export { mostDevices, type DeviceAlgorithm, type DeviceTrust, type StoredDevice } from './device.ts'
export { readDeviceKey, type DeviceJwk, type DeviceKey } from './device-key.ts'
export { beginDeviceProof, type BegunProof } from './begin-device-proof.ts'
export {
  checkDeviceProof,
  type CheckDeviceProof,
  type DeviceProof,
  type ProvedDevice,
} from './check-device-proof.ts'
export { deviceNameOpener, sealDeviceName } from './device-name.ts'
export {
  deviceById,
  deviceGone,
  deviceKnown,
  devicesOf,
  forgetDevices,
  insertDevice,
  markRevoked,
  markTrusted,
  renameDeviceTo,
  tooManyDevices,
} from './queries.ts'
export { recordDevice, recordRefusedDevice, type DeviceChange } from './record-device.ts'
export { isSignedBy, registrationBytes } from './signed-bytes.ts'
