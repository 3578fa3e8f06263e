export { mostDevices, type DeviceAlgorithm, type DeviceTrust, type StoredDevice } from './device.ts'
export { readDeviceKey, type DeviceJwk, type DeviceKey } from './device-key.ts'
export { deviceNameOpener, sealDeviceName } from './device-name.ts'
export {
  deviceKnown,
  devicesOf,
  forgetDevices,
  insertDevice,
  markRevoked,
  renameDeviceTo,
  tooManyDevices,
} from './queries.ts'
export { recordDevice, recordRefusedDevice, type DeviceChange } from './record-device.ts'
export { isSignedBy, registrationBytes } from './signed-bytes.ts'
