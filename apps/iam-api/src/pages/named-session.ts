import { Refusal } from '@iam/domain/kit'
import type { FormBody } from './form-body.ts'

const sessionId = /^ses_[0-9A-HJKMNP-TV-Z]{26}$/

/**
 * Does something to the session that a form names.
 * @returns whether the person has it and it stands; where not, it has ended, and nothing was done.
 */
export async function withNamedSession(
  sent: FormBody,
  act: (sessionId: string) => Promise<void>,
): Promise<boolean> {
  const named = sent.get('session') ?? ''
  if (!sessionId.test(named)) return false
  try {
    await act(named)
    return true
  } catch (error) {
    if (error instanceof Refusal && error.code === 'not_found') return false
    throw error
  }
}
