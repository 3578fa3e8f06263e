import type * as Type from 'typebox'
import type { EventSchema } from './define-event.ts'
import { certificateEvents } from './certificate-events.ts'
import { deviceEvents } from './device-events.ts'
import { dsarEvents } from './dsar-events.ts'
import { keySetEvents } from './key-set-events.ts'
import { passwordEvents } from './password-events.ts'
import { sessionEvents } from './session-events.ts'
import { signingKeyEvents } from './signing-key-events.ts'
import { userEvents } from './user-events.ts'

const all = {
  ...userEvents,
  ...sessionEvents,
  ...passwordEvents,
  ...deviceEvents,
  ...signingKeyEvents,
  ...keySetEvents,
  ...certificateEvents,
  ...dsarEvents,
}

/** Every event this service publishes, by `<entity>.<verb>.v<version>`. A version stays while it is published. */
export const eventSchemas: Readonly<Record<string, EventSchema>> & typeof all = all

export type EventName = keyof typeof all

/** What an event of this name carries. */
export type EventPayload<Name extends EventName> = Frozen<Type.Static<(typeof all)[Name]['payload']>>

export type Frozen<Value> = Value extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : Value extends object
    ? { readonly [Member in keyof Value]: Frozen<Value[Member]> }
    : Value
