import { Refusal, type RefusalCode } from '@iam/domain/kit'
import type { PasswordFault } from '@iam/domain/credential'
import type { FastifyReply } from 'fastify'
import type { Deps } from '../deps.ts'
import { hasFormCookie } from '../http/form-token.ts'
import { problemKinds } from '../http/problem-codes.ts'
import { TransportRefusal } from '../http/problem.ts'
import { show, type View } from './answer.ts'
import type { Fault } from './fields.ts'
import type { FormBody } from './form-body.ts'
import { formOf, type Visit } from './visit.ts'
import type { FaultName } from './words/index.ts'

/** A field that was left empty or cannot be what it is for. Without its name the page says so at its top. */
export class FieldFault extends Error {
  readonly field: string | undefined
  readonly fault: FaultName

  constructor(field: string | undefined, fault: FaultName) {
    super(fault)
    this.field = field
    this.fault = fault
  }
}

/** A page's form. */
export interface Submission {
  /** Does what the form asks for and leads on. */
  readonly act: (form: FormBody) => Promise<FastifyReply>
  /** The page again, saying what is wrong. What was typed stays, passwords excepted. */
  readonly again: (form: FormBody, fault: Fault) => View | Promise<View>
  /** What this page says to refusals that others have other words for, and beside which field. */
  readonly says?: Partial<Record<RefusalCode, { readonly field?: string; readonly fault: FaultName }>>
  /** The field of the password that is to be stored. */
  readonly newPassword?: string
}

/** Takes a form: acts on it, or shows the page again with a sentence about what was refused. */
export async function submit(deps: Deps, visit: Visit, submission: Submission): Promise<FastifyReply> {
  try {
    return await submission.act(formOf(deps, visit))
  } catch (error) {
    const refused = refusedBy(visit, submission, error)
    if (refused === undefined) throw error
    const { status, fault, retryAfter } = refused
    if (retryAfter !== undefined) visit.reply.header('retry-after', String(retryAfter))
    const form = visit.request.body instanceof Map ? (visit.request.body as FormBody) : new Map()
    return show(visit, await submission.again(form, fault), status)
  }
}

interface Refused {
  readonly status: number
  readonly fault: Fault
  readonly retryAfter?: number
}

/** @returns undefined for what the form is not to blame for. */
function refusedBy(visit: Visit, submission: Submission, error: unknown): Refused | undefined {
  const { faults } = visit.words
  if (error instanceof FieldFault) {
    return { status: 422, fault: { field: error.field, sentence: faults[error.fault] } }
  }
  if (error instanceof TransportRefusal && error.code === 'form_refused') {
    const stale = hasFormCookie(visit.request, visit) ? 'form_stale' : 'cookies_blocked'
    return { status: 403, fault: { sentence: faults[stale] } }
  }
  return error instanceof Refusal ? refusedByVerb(visit, submission, error) : undefined
}

function refusedByVerb(visit: Visit, submission: Submission, refusal: Refusal): Refused | undefined {
  const { words, tenant } = visit
  const { code, retryAfter = 1 } = refusal
  if (problemKinds[code].retriable) {
    const { status } = problemKinds[code]
    return { status, fault: { sentence: later(visit, code, retryAfter) }, retryAfter }
  }
  if (code === 'password_unacceptable') {
    const sentence = words.passwordFaults[refusal.reason as PasswordFault](tenant.passwordMinLength)
    return { status: 422, fault: { field: submission.newPassword, sentence } }
  }
  const said = submission.says?.[code] ?? commonly[code]
  return said && { status: 422, fault: { field: said.field, sentence: words.faults[said.fault] } }
}

const commonly: NonNullable<Submission['says']> = {
  user_suspended: { fault: 'user_suspended' },
  location_not_allowed: { fault: 'location_not_allowed' },
  login_refused: { fault: 'login_refused' },
  password_replacement_required: { fault: 'password_breached' },
  password_login_off: { fault: 'passwords_off' },
  magic_links_off: { fault: 'links_off' },
  registration_closed: { fault: 'registration_closed' },
  domain_not_allowed: { field: 'email', fault: 'domain_not_allowed' },
}

function later({ words }: Visit, code: RefusalCode, seconds: number): string {
  if (code === 'rate_limited') return words.tooOften(seconds)
  return code === 'login_busy' ? words.busy(seconds) : words.faults.unavailable
}
