import * as Type from 'typebox'
import { defineEvent } from './define-event.ts'
import { Amr, ClientId, SessionId, time, UserId } from './words.ts'

const person = { sessionId: SessionId, userId: UserId }

const endings = [
  'logged_out',
  'logged_out_everywhere',
  'replaced',
  'expired',
  'revoked_by_user',
  'revoked_by_administrator',
  'refresh_reused',
  'session_limit',
  'password_changed',
  'password_reset',
  'email_changed',
  'device_revoked',
  'user_suspended',
  'user_locked',
  'user_erased',
] as const

export const sessionEvents = {
  'session.created.v1': defineEvent('A browser or device was logged in.', {
    retention: 'security',
    payload: {
      ...person,
      clientId: Type.Optional(ClientId),
      amr: Amr,
      expiresAt: time('When it ends at the latest.'),
    },
  }),
  'session.refreshed.v1': defineEvent('A client exchanged its refresh token for the next one.', {
    retention: 'operational',
    payload: {
      ...person,
      clientId: ClientId,
      generation: Type.Integer({ minimum: 2, description: 'Which token of its family is the live one now.' }),
    },
  }),
  'session.revoked.v1': defineEvent(
    'A session ended, or was found to be over, with every token that came of it.',
    {
      retention: 'security',
      payload: {
        ...person,
        reason: Type.Enum([...endings], { description: 'Why.' }),
        successorUsed: Type.Optional(
          Type.Boolean({
            description:
              'After a reuse: whether the successor had been used, which a lost reply alone does not explain.',
          }),
        ),
        elsewhere: Type.Optional(
          Type.Boolean({
            description:
              'After a reuse: whether the old token came from another network or with another agent than the last refresh.',
          }),
        ),
        refreshedAt: Type.Optional(time('After a reuse: when the family was last refreshed, by one party.')),
        presentedAt: Type.Optional(time('After a reuse: when the old token came, from the other party.')),
        stepUpSince: Type.Optional(
          time(
            'After a reuse that a lost reply does not explain: every login of the person of before, by its auth_time, is to be proved anew.',
          ),
        ),
      },
    },
  ),
}
