import fc from 'fast-check'
import { hostileText, hostileValue } from './hostile.ts'
import type { Schema } from './operations.ts'
import { likelyValue } from './values.ts'

/** A body before its `«…»` are replaced: a value to be written as JSON, with a member written twice or not; or bytes. */
export type Body =
  | { readonly value: unknown; readonly twice?: string }
  | { readonly bytes: string; readonly encoding: 'utf8' | 'latin1' }

type Members = Readonly<Record<string, unknown>>

/** Bodies for an operation: half of them likely, the rest wrong in one way or in every way. */
export function bodyFor(schema: Schema): fc.Arbitrary<Body> {
  const likely = likelyValue('', schema)
  const members = likely.map((value) =>
    typeof value === 'object' && value !== null ? (value as Members) : {},
  )
  return fc.oneof(
    { weight: 10, arbitrary: likely.map((value) => ({ value })) },
    { weight: 7, arbitrary: members.chain(spoilt) },
    { weight: 1, arbitrary: hostileValue.map((value) => ({ value })) },
    { weight: 1, arbitrary: unreadable },
  )
}

function spoilt(members: Members): fc.Arbitrary<Body> {
  const names = Object.keys(members)
  const added = fc
    .record({ name: extraName, value: hostileValue })
    .map(({ name, value }) => ({ value: withMember(members, name, value) }))
  if (names.length === 0) return added
  const name = fc.constantFrom(...names)
  return fc.oneof(
    { weight: 2, arbitrary: name.map((name) => ({ value: withoutMember(members, name) })) },
    {
      weight: 4,
      arbitrary: fc
        .record({ name, value: hostileValue })
        .map(({ name, value }) => ({ value: withMember(members, name, value) })),
    },
    { weight: 2, arbitrary: added },
    { weight: 1, arbitrary: name.map((twice) => ({ value: members, twice })) },
  )
}

const extraName = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'id',
    'tenantId',
    'role',
    'status',
    'emailVerified',
    '',
  ),
  hostileText,
)

// Members are defined, not assigned: assigning __proto__ would set the prototype and send nothing.
function withMember(members: Members, name: string, value: unknown): Members {
  const copy: Record<string, unknown> = { ...members }
  Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true })
  return copy
}

function withoutMember(members: Members, name: string): Members {
  return Object.fromEntries(Object.entries(members).filter(([other]) => other !== name))
}

const unreadable: fc.Arbitrary<Body> = fc.oneof(
  fc
    .constantFrom(
      '',
      ' ',
      '{',
      '{"email":',
      '{"a":1}x',
      '\ufeff{}',
      'undefined',
      "{'a':1}",
      '{"a":1,}',
      '['.repeat(20_000),
      '{"a":'.repeat(5000),
      '1e999',
      `{"a":"${'x'.repeat(66_000)}"}`,
      'email=a%40b&password=c',
    )
    .map((bytes) => ({ bytes, encoding: 'utf8' as const })),
  fc
    .constantFrom('{"a":"\xff"}', '\xff\xfe{\0}\0', '{"a":"\xed\xa0\x80"}')
    .map((bytes) => ({ bytes, encoding: 'latin1' as const })),
)

/** A body as it goes over the wire. */
export function bytesOf(body: Body): Buffer {
  if ('bytes' in body) return Buffer.from(body.bytes, body.encoding)
  const text = JSON.stringify(body.value) ?? ''
  if (body.twice === undefined) return Buffer.from(text)
  const again = `${JSON.stringify(body.twice)}:${JSON.stringify((body.value as Members)[body.twice])}`
  return Buffer.from(`${text.slice(0, -1)},${again}}`)
}
