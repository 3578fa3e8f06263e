import * as Type from 'typebox'
import { defineEvent } from './define-event.ts'
import { time } from './words.ts'

const key = {
  kid: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'The key’s thumbprint (RFC 7638).' }),
  alg: Type.String({
    pattern: '^(?=.*[A-Z].*[A-Z])[A-Za-z0-9-]+$',
    description: 'What it signs with (RFC 7518).',
  }),
}

export const signingKeyEvents = {
  'signing_key.published.v1': defineEvent('A key is in the key set; it signs nothing yet.', {
    retention: 'regulated',
    payload: key,
  }),
  'signing_key.activated.v1': defineEvent('It is settled from when on a key signs.', {
    retention: 'regulated',
    payload: { ...key, activateAt: time('From then on it signs.') },
  }),
  'signing_key.compromised.v1': defineEvent(
    'A key was given up: no token that names it is to be taken any more, whatever it says.',
    { retention: 'regulated', payload: key },
  ),
  'signing_key.retired.v1': defineEvent('A key left the key set: nothing it signed is valid any more.', {
    retention: 'regulated',
    payload: key,
  }),
}
