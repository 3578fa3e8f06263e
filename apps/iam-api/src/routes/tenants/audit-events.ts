import { listAudit } from '@iam/domain/administration'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { administrativeCall } from '../../http/administrative-call.ts'
import { readCursor, spellCursor } from '../../http/cursor.ts'
import { Page, pageOf } from '../schemas.ts'
import { administration, refusals, TenantPath } from './schemas.ts'

const orNull = Type.Union([Type.String(), Type.Null()])
const party = Type.Object({ type: Type.String(), id: orNull })

const AuditEvent = Type.Object({
  id: Type.String(),
  at: Type.String({ format: 'date-time' }),
  actor: party,
  action: Type.String(),
  target: party,
  outcome: Type.String({ description: 'success or refused' }),
  reason: orNull,
  requestId: orNull,
  personal: Type.Union([Type.Object({}, { additionalProperties: Type.String() }), Type.Null()], {
    description: 'Such as where a login came from. Null for whoever was erased.',
  }),
})

const name = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 100, pattern: '^[A-Za-z0-9_.:/-]+$', description }))
/** RFC 3339 in UTC, to the millisecond at most. */
const utc =
  '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,3})?Z$'
const time = (description: string) => Type.Optional(Type.String({ pattern: utc, description }))

const list = {
  ...administration,
  summary: 'List what happened in a tenant',
  description:
    'The newest first. Events before `hotFrom` are in the cold store and not listed here: operators export them. What an operator reads here is itself audited, in both tenants.',
  params: TenantPath,
  querystring: Type.Object(
    {
      ...Page,
      actor: name('Whose doing it was: an id.'),
      action: name('What was done, such as user.login_failed.'),
      target: name('What it was done to: an id.'),
      outcome: Type.Optional(Type.Enum(['success', 'refused'])),
      from: time('From when on.'),
      to: time('Until when, exclusive.'),
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object({
      ...pageOf(AuditEvent).properties,
      hotFrom: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
        description: 'Events before this time have left the database. Null while none has.',
      }),
    }),
    ...refusals(),
  },
}

export function auditEventsRoute(app: App, deps: Deps): void {
  app.get('/api/v1/tenants/:tenantId/audit-events', { schema: list }, async (request, reply) => {
    const { cursor, limit, actor, action, target, outcome, from, to } = request.query
    const call = await administrativeCall(deps, { request, reply }, request.params.tenantId)
    const list = ['audit-events', call.tenantId, actor, action, target, outcome, from, to]
    const after = placeOf(readCursor(deps, list, cursor))
    const span = { from: dateOf(from), to: dateOf(to) }
    const { items, last, hotFrom } = await listAudit(deps, {
      ...call,
      ...span,
      actor,
      action,
      target,
      outcome,
      after,
      limit,
    })
    reply.header('cache-control', 'no-store')
    const next = last && `${last.at.getTime().toString(36)}_${last.id}`
    return {
      items,
      ...(next === undefined ? {} : { nextCursor: spellCursor(deps, list, next) }),
      hotFrom: hotFrom?.toISOString() ?? null,
    }
  })
}

const dateOf = (text: string | undefined) => (text === undefined ? undefined : new Date(text))

/** The last event of the page before: its time in milliseconds, to the base of 36, and its id. */
function placeOf(text: string | undefined) {
  const [, at, id] = /^([0-9a-z]+)_(.+)$/.exec(text ?? '') ?? []
  return at === undefined || id === undefined ? undefined : { at: new Date(Number.parseInt(at, 36)), id }
}
