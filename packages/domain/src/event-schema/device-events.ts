import { defineEvent } from './define-event.ts'
import { Actor, DeviceId, UserId } from './words.ts'

const device = { deviceId: DeviceId, userId: UserId }

export const deviceEvents = {
  'device.registered.v1': defineEvent('A device of the person is known by its public key from now on.', {
    retention: 'regulated',
    payload: device,
  }),
  'device.trusted.v1': defineEvent('The person is asked for no second factor on this device.', {
    retention: 'regulated',
    payload: device,
  }),
  'device.revoked.v1': defineEvent('The device proves nothing any more, and its sessions ended.', {
    retention: 'regulated',
    payload: { ...device, actor: Actor },
  }),
}
