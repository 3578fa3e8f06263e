import type { Id } from '@iam/domain/kit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookieOf, setCookie } from '../http/cookies.ts'
import { languages, type NoticeName } from './words/index.ts'

/**
 * What one page hands to the next through the browser: what just happened, and the address that was typed, which
 * must not stand in a URL. Nothing is decided by it.
 */
export interface Flash {
  readonly notice?: NoticeName
  readonly email?: string
}

const name = '__Host-iam_flash'
const lifetime = 600

/** Keeps something for the next page that shows it, for ten minutes at most. */
export function keepFlash(reply: FastifyReply, tenantId: Id<'ten'>, flash: Flash): void {
  const value = Buffer.from(JSON.stringify({ ...flash, tenantId })).toString('base64url')
  setCookie(reply, name, value, { sameSite: 'Lax', maxAge: lifetime })
}

/** What the page before kept for this tenant. A cookie that we did not write is as good as none. */
export function readFlash(request: FastifyRequest, tenantId: Id<'ten'>): Flash {
  const read = parse(cookieOf(request, name))
  if (read['tenantId'] !== tenantId) return {}
  const { notice, email } = read
  return {
    ...(typeof notice === 'string' && Object.hasOwn(languages.en.notices, notice)
      ? { notice: notice as NoticeName }
      : {}),
    ...(typeof email === 'string' && email.length <= 254 ? { email } : {}),
  }
}

export function dropFlash(reply: FastifyReply): void {
  setCookie(reply, name, '', { sameSite: 'Lax', maxAge: 0 })
}

function parse(value: string | undefined): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(Buffer.from(value ?? '', 'base64url').toString())
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
