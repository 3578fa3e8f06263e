import { pinAlgorithm, readAlgorithms, type AlgorithmsView } from '@iam/domain/administration'
import { signingAlgs } from '@iam/domain/key-set'
import type { FastifyReply } from 'fastify'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { administrativeCall } from '../../http/administrative-call.ts'
import { administration, refusals, TenantPath, WriteHeaders, writeRefusals } from './schemas.ts'

const Alg = Type.Enum([...signingAlgs], { description: 'As JOSE names it.' })
const Client = Type.String({ minLength: 1, maxLength: 128, description: 'The client’s handle.' })
const Audience = Type.String({
  minLength: 1,
  maxLength: 512,
  pattern: '^[\\x21-\\x7e]+$',
  description: 'As tokens name it in `aud`.',
})
const orNone = Type.Union([Alg, Type.Null()])

const Algorithms = Type.Object({
  available: Type.Array(Alg, { description: 'The first signs what is pinned to none.' }),
  clients: Type.Array(Type.Object({ client: Type.String(), audience: Type.String(), alg: orNone })),
  audiences: Type.Array(Type.Object({ audience: Type.String(), alg: Alg })),
})

const path = '/api/v1/tenants/:tenantId/token-algorithms'
const common = { ...administration, params: TenantPath }

const read = {
  ...common,
  summary: 'Read which algorithms sign a tenant’s access tokens',
  response: { 200: Algorithms, ...refusals() },
}

const pin = {
  ...common,
  summary: 'Pin access tokens to an algorithm',
  description:
    'Those of a client, or those for an audience, which then has the last word; null unpins. From the next login or refresh on. A client and its audience cannot be pinned to different ones.',
  headers: WriteHeaders,
  body: Type.Union([
    Type.Object({ client: Client, alg: orNone }, { additionalProperties: false }),
    Type.Object({ audience: Audience, alg: orNone }, { additionalProperties: false }),
  ]),
  response: { 200: Algorithms, ...writeRefusals('not_found', 'wrong_state') },
}

export function tokenAlgorithmsRoutes(app: App, deps: Deps): void {
  app.get(path, { schema: read }, async (request, reply) => {
    const call = await administrativeCall(deps, { request, reply }, request.params.tenantId)
    return answer(reply, await readAlgorithms(deps, call))
  })
  app.put(path, { schema: pin }, async (request, reply) => {
    const { alg, ...of } = request.body
    const call = await administrativeCall(deps, { request, reply }, request.params.tenantId)
    return answer(reply, await pinAlgorithm(deps, { ...call, of, alg }))
  })
}

function answer(reply: FastifyReply, { available, clients, audiences }: AlgorithmsView) {
  reply.header('cache-control', 'no-store')
  return { available: [...available], clients: [...clients], audiences: [...audiences] }
}
