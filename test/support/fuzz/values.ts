import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { hostileText } from './hostile.ts'
import type { Schema } from './operations.ts'

const ajv = new Ajv2020({ strict: false, validateFormats: false })

/** What members and parameters of these names are good for; everything else is made up from its schema. */
const known: readonly (readonly [RegExp, readonly string[]])[] = [
  [/email/i, ['«email»', '«email»', '«email»', '«other email»', '«new email»', 'nobody@acme.example']],
  [/newPassword/, ['«new password»', '«password»', 'short']],
  [/password/i, ['«password»', '«password»', '«new password»', 'wrong horse battery staple']],
  [/refreshToken/, ['«refresh»', '«refresh»', '«other refresh»', '«ended refresh»']],
  [/tenant/i, ['«tenant»', '«tenant»', '«other tenant»', 'acme']],
  [/session/i, ['«session»', '«session»', '«other session»']],
  [/challenge/i, ['«challenge»', '«challenge»', '«challenge to add»']],
  [/^device(Id)?$/, ['«device»', '«device»', '«other device»']],
  // A point of each curve.
  [/^x$/, ['11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', 'axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY']],
  [/^y$/, ['T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU']],
  [/factor/i, ['«factor»']],
  [/^(from|to)$/, ['2026-11-21T10:00:00Z', '2026-01-31T23:59:59.999Z']],
  [/^(actor|target)$/, ['«user»', '«colleague»', '«other user»']],
  [/^action$/, ['user.login_failed', 'session.created']],
  [/user/i, ['«user»', '«user»', '«colleague»', '«other user»']],
]

/** A value that its schema takes, or that may well be taken. @param name of the member or parameter. */
export function likelyValue(name: string, schema: Schema): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema['const'])
  if (Array.isArray(schema['enum'])) return fc.constantFrom<unknown>(...(schema['enum'] as unknown[]))
  if (Array.isArray(schema['anyOf'])) {
    return fc.oneof(...(schema['anyOf'] as Schema[]).map((branch) => likelyValue(name, branch)))
  }
  switch (schema['type']) {
    case 'object':
      return likelyObject(schema)
    case 'array':
      return fc.array(likelyValue(name, (schema['items'] ?? {}) as Schema), { maxLength: 3 })
    case 'integer':
      return likelyInteger(schema)
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      return likelyText(name, schema)
  }
}

function likelyObject(schema: Schema): fc.Arbitrary<unknown> {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>
  const members = Object.entries(properties).map(
    ([name, member]) => [name, likelyValue(name, member)] as const,
  )
  const requiredKeys = ((schema['required'] ?? []) as string[]).filter((name) => name in properties)
  const required = members.filter(([name]) => requiredKeys.includes(name))
  // Few members as often as many: the more there are, the more likely one of them is wrong.
  return fc.oneof(
    fc.record(Object.fromEntries(required)),
    fc.record(Object.fromEntries(members), { requiredKeys }),
  )
}

function likelyInteger(schema: Schema): fc.Arbitrary<number> {
  const { minimum = 0, maximum = 1000 } = schema as { minimum?: number; maximum?: number }
  return fc.oneof(fc.constantFrom(minimum, maximum), fc.integer({ min: minimum, max: maximum }))
}

function likelyText(name: string, schema: Schema): fc.Arbitrary<string> {
  const good = known.find(([pattern]) => pattern.test(name))?.[1]
  const { minLength = 0, maxLength = 64 } = schema as { minLength?: number; maxLength?: number }
  const takes = ajv.compile({ type: 'string', ...schema })
  const edges = ['x'.repeat(minLength), 'x'.repeat(maxLength), '12345678', 'en', 'a b', 'Ünïcödé ☂'].filter(
    (text) => takes(text),
  )
  const { pattern } = schema as { pattern?: string }
  const made = pattern === undefined ? hostileText : fc.stringMatching(new RegExp(pattern))
  const madeUp =
    edges.length === 0
      ? made
      : fc.oneof(
          fc.constantFrom(...edges),
          hostileText.filter((text) => takes(text)),
        )
  if (good === undefined) return madeUp
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: madeUp })
}
