export { SoftDevice, type DeviceKind } from './soft-device.ts'
