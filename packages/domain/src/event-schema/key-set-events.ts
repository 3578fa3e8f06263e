import * as Type from 'typebox'
import { defineEvent } from './define-event.ts'
import { time } from './words.ts'

const kid = (description: string) => Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description })
const anchors = {
  kid: kid('The thumbprint (RFC 7638) of the key that is to sign the key set.'),
  from: kid('The one that signs it until then.'),
}

export const keySetEvents = {
  'key_set.anchor_announced.v1': defineEvent(
    'Another key is to sign the key set: whoever pins its keys has to pin the new spare by then.',
    {
      retention: 'regulated',
      payload: {
        ...anchors,
        spare: kid('The one to be pinned beside it.'),
        switchAt: time('From then on it signs.'),
      },
    },
  ),
  'key_set.anchor_withdrawn.v1': defineEvent(
    'What was announced does not come: the key set is signed by the key that signs it, and its spare stays the same.',
    {
      retention: 'regulated',
      payload: {
        kid: kid('The thumbprint (RFC 7638) of the key that was to sign the key set.'),
        from: kid('The one that goes on signing it.'),
      },
    },
  ),
  'key_set.anchor_switched.v1': defineEvent(
    'Another key signs the key set: the one before it is not to be taken any more.',
    { retention: 'regulated', payload: anchors },
  ),
}
