import * as Type from 'typebox'
import { defineEvent } from './define-event.ts'
import { Actor, UserId } from './words.ts'

export const passwordEvents = {
  'password.reset_requested.v1': defineEvent('Somebody said that they forgot the password.', {
    retention: 'security',
    payload: {
      userId: Type.Union([UserId, Type.Null()], { description: 'Null when nobody has the address.' }),
    },
  }),
  'password.reset_completed.v1': defineEvent('A forgotten password was replaced.', {
    retention: 'security',
    payload: { userId: UserId },
  }),
  'password.changed.v1': defineEvent('The person has another password than before.', {
    retention: 'security',
    payload: { userId: UserId, actor: Actor },
  }),
  'password.breached.v1': defineEvent('The password was found among published ones.', {
    retention: 'security',
    payload: { userId: UserId },
  }),
}
