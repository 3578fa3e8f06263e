import { ulidOf, type Id } from '@iam/domain/kit'
import {
  countLinkRequest,
  deviceKnownFor,
  enterLoginLane,
  rememberDevice,
  type EnterLoginLane,
  type LoginLane,
} from '@iam/domain/login-attempt'
import { normaliseEmail } from '@iam/domain/user'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { cookieOf, setCookie } from './cookies.ts'
import { tellStandings } from './limit-headers.ts'
import { networkOfCaller } from './limit.ts'
import { originOf } from './request-context.ts'

interface LoginRequest {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly tenantId: Id<'ten'>
  /** As it was typed. */
  readonly email: string
}

/**
 * Counts a login against its limits, before anything is looked up for it; the answer's headers tell where the
 * caller stands. @throws Refusal `rate_limited`.
 */
export async function loginLane(deps: Deps, login: LoginRequest): Promise<LoginLane> {
  const lane = await enterLoginLane(deps, countedIn(login))
  tellStandings(login.reply, lane.standings)
  return lane
}

/** Counts a request for a mailed link against its limits. @throws Refusal `rate_limited`. */
export async function limitLink(deps: Deps, request: LoginRequest): Promise<void> {
  tellStandings(request.reply, await countLinkRequest(deps, countedIn(request)))
}

function countedIn({ request, tenantId, email }: LoginRequest): EnterLoginLane {
  return {
    tenantId,
    email: normaliseEmail(email),
    network: networkOfCaller(request),
    device: deviceCookie(request, tenantId),
    origin: originOf(request),
  }
}

/** After a login: lets the browser be known again, so that no stranger uses up its person's logins. */
export function keepKnownDevice(deps: Deps, { request, reply, tenantId, email }: LoginRequest): void {
  const person = { tenantId, email: normaliseEmail(email) }
  const value = rememberDevice(deps, person, deviceCookie(request, tenantId))
  setCookie(reply, nameOf(tenantId), value, { sameSite: 'Strict', maxAge: deviceKnownFor })
}

/** What the browser keeps to be known again. */
export function deviceCookie(request: FastifyRequest, tenantId: Id<'ten'>): string | undefined {
  return cookieOf(request, nameOf(tenantId))
}

function nameOf(tenantId: Id<'ten'>): `__Host-${string}` {
  return `__Host-iam_device_${ulidOf(tenantId)}`
}
