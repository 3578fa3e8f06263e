import * as Type from 'typebox'
import { defineEvent } from './define-event.ts'
import { time } from './words.ts'

export const certificateEvents = {
  'certificate.expiring.v1': defineEvent('A key or certificate ends soon, and nothing follows it yet.', {
    retention: 'operational',
    payload: {
      kind: Type.String({ pattern: '^[a-z][a-z_]*$', description: 'What it is.' }),
      id: Type.String({
        pattern: '^([A-Za-z0-9_-]{43}|[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26})$',
        description: 'Which one: a thumbprint or an id.',
      }),
      endsAt: time('From then on it is of no use.'),
      days: Type.Integer({ minimum: 1, maximum: 60, description: 'It is told 60, 30 and 7 days before.' }),
    },
  }),
}
