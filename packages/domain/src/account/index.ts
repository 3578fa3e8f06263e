export type { AccountDeps } from './deps.ts'
export { addPasskey, confirmPasskey, type ConfirmPasskey } from './add-passkey.ts'
export {
  confirmEmailChange,
  requestEmailChange,
  undoEmailChange,
  type RequestEmailChange,
} from './change-email.ts'
export { changePassword, type ChangePassword } from './change-password.ts'
export { composeMail, type ComposeDeps } from './compose-mail.ts'
export type { ComposedMail, Letter } from './composed-mail.ts'
export { registerUser, type RegisterUser } from './register-user.ts'
export { requestEmailVerification, requestPasswordReset, type RequestByMail } from './request-by-mail.ts'
export { resetPassword, type ResetPassword } from './reset-password.ts'
export { verifyEmailByCode, verifyEmailByLink } from './verify-email.ts'
export { addTotp, confirmTotp, confirmTotpInBrowser } from './add-totp.ts'
export { removeFactor, renameFactor, renewRecoveryCodes } from './change-factor.ts'
export type { FactorCall, FactorDeps } from './factor-call.ts'
export { factorsWithin, listFactors, type FactorList, type ListedFactor } from './list-factors.ts'
export { renameDevice, revokeDevice, revokeDeviceWithin } from './change-device.ts'
export type { DeviceCall, DeviceDeps } from './device-call.ts'
export { listDevices, devicesWithin, type ListedDevice } from './list-devices.ts'
export { trustDevice } from './trust-device.ts'
export { registerDevice, type RegisterDevice } from './register-device.ts'
