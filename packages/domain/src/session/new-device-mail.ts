import type { Statement } from '../db/index.ts'
import { newId } from '../kit/index.ts'
import { deviceOf } from './known-device.ts'
import type { OpenDeps, Opening } from './opening.ts'

/**
 * The insert that tells a person by mail of a device that they were never seen on, unless another login there came
 * first meanwhile: of two at once both found it new. Runs under the person's stream, so that the second sees the
 * session of the first.
 */
export function newDeviceMail(deps: Pick<OpenDeps, 'secrets' | 'clock'>, opening: Opening): Statement {
  const { tenantId, userId, sessionId, now } = opening
  return {
    sql: `insert into iam.mail (tenant_id, id, template, user_id, locale, params, created_at, due_at)
          select $1, $2, 'new_device', $3, 'en', $4, $5, $5
           where not exists (select from iam.session
                              where tenant_id = $1 and user_id = $3 and device = $6 and id <> $7)`,
    parameters: [
      tenantId,
      newId('mail', now),
      userId,
      JSON.stringify({ sessionId }),
      now,
      deviceOf(deps, opening),
      sessionId,
    ],
  }
}
