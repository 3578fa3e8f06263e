import * as Type from 'typebox'
import { defineEvent } from './define-event.ts'
import { DataRequestId, UserId } from './words.ts'

export const dsarEvents = {
  'dsar.completed.v1': defineEvent(
    'What was asked for by data protection law is done: an export is there for its person to fetch, or a person is forgotten.',
    {
      retention: 'regulated',
      payload: {
        requestId: DataRequestId,
        userId: UserId,
        kind: Type.Enum(['export', 'erasure'], { description: 'What was asked for.' }),
      },
    },
  ),
}
