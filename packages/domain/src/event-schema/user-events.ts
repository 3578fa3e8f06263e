import * as Type from 'typebox'
import { riskCodes } from '../kit/index.ts'
import { defineEvent } from './define-event.ts'
import { Actor, Amr, FactorId, FactorKind, SessionId, time, UserId } from './words.ts'

const RiskReasons = Type.Optional(
  Type.Array(Type.Enum([...riskCodes]), { description: 'What was unusual; missing when nothing was.' }),
)
const Role = Type.Enum(['tenant.owner', 'tenant.admin', 'platform.operator'], { description: 'The role.' })

export const userEvents = {
  'user.registered.v1': defineEvent('An account was made.', {
    retention: 'regulated',
    payload: { userId: UserId, actor: Actor },
  }),
  'user.registration_refused.v1': defineEvent('Somebody asked for an account with an address that has one.', {
    retention: 'security',
    payload: { reason: Type.Enum(['address_taken'], { description: 'Why.' }) },
  }),
  'user.email_verified.v1': defineEvent('The person showed that they read their address.', {
    retention: 'regulated',
    payload: { userId: UserId },
  }),
  'user.email_changed.v1': defineEvent('The account has another address.', {
    retention: 'regulated',
    payload: {
      userId: UserId,
      undone: Type.Optional(
        Type.Boolean({ description: 'True when the former address took a change back.' }),
      ),
    },
  }),
  'user.login_succeeded.v1': defineEvent('The person logged in.', {
    retention: 'security',
    payload: { userId: UserId, sessionId: SessionId, amr: Amr, riskReasons: RiskReasons },
  }),
  'user.login_failed.v1': defineEvent('Somebody tried to log in and was refused.', {
    retention: 'security',
    payload: {
      userId: Type.Union([UserId, Type.Null()], {
        description: 'Null when nobody has the address or the passkey.',
      }),
      reason: Type.Enum(
        [
          'invalid_credentials',
          'user_suspended',
          'user_locked',
          'password_replacement_required',
          'location_not_allowed',
          'login_refused',
          'factor',
          'passkey_invalid',
          'device_invalid',
        ],
        { description: 'Why.' },
      ),
    },
  }),
  'user.locked.v1': defineEvent('Logging in to the account is held back.', {
    retention: 'security',
    payload: {
      userId: UserId,
      reason: Type.Enum(['too_many_failures', 'administrator', 'email_change_undone'], {
        description: 'Why.',
      }),
      until: Type.Optional(time('When it ends by itself; missing when it does not.')),
      actor: Actor,
    },
  }),
  'user.unlocked.v1': defineEvent('Logging in to the account is possible again before a lock ended.', {
    retention: 'security',
    payload: {
      userId: UserId,
      reason: Type.Enum(['administrator', 'password_reset'], { description: 'Why.' }),
      actor: Actor,
    },
  }),
  'user.breach_found.v1': defineEvent('The person’s address was found in breaches of other services.', {
    retention: 'security',
    payload: {
      userId: UserId,
      breaches: Type.Integer({ minimum: 1, description: 'How many were not known before.' }),
      hasPasswords: Type.Boolean({ description: 'Whether any of them told passwords.' }),
    },
  }),
  'user.mfa_enrolled.v1': defineEvent('The person is asked for another factor from now on.', {
    retention: 'regulated',
    payload: { userId: UserId, factorId: FactorId, kind: FactorKind },
  }),
  'user.mfa_removed.v1': defineEvent('A second factor of the person was taken away.', {
    retention: 'regulated',
    payload: { userId: UserId, factorId: FactorId, kind: FactorKind, actor: Actor },
  }),
  'user.suspended.v1': defineEvent('The account may not be used until it is reactivated.', {
    retention: 'regulated',
    payload: { userId: UserId, actor: Actor },
  }),
  'user.reactivated.v1': defineEvent('A suspended account may be used again.', {
    retention: 'regulated',
    payload: { userId: UserId, actor: Actor },
  }),
  'user.erased.v1': defineEvent('The person’s data was destroyed; their id stands for nobody now.', {
    retention: 'regulated',
    payload: { userId: UserId, actor: Actor },
  }),
  'user.role_granted.v1': defineEvent('The person may administer.', {
    retention: 'regulated',
    payload: { userId: UserId, role: Role, actor: Actor },
  }),
  'user.role_revoked.v1': defineEvent('The person may no longer administer as they did.', {
    retention: 'regulated',
    payload: { userId: UserId, role: Role, actor: Actor },
  }),
}
