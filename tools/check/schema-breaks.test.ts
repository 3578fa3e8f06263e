import { describe, expect, test } from 'vitest'
import { type Schema, schemaBreaks } from './schema-breaks.ts'

const text = { type: 'string' }
const object = (properties: Record<string, Schema>, required = Object.keys(properties)): Schema => ({
  type: 'object',
  required,
  properties,
})
const open = (...words: string[]): Schema => ({ anyOf: [{ type: 'string', enum: words }, text] })
const nullable = { anyOf: [text, { type: 'null' }] }

/** Each change, what stands in its way, and what stands in the way of its opposite. */
const changes: [what: string, from: Schema, to: Schema, forth: string[], back: string[]][] = [
  ['nothing', object({ a: text }), object({ a: text }), [], []],
  ['other words about it', text, { ...text, description: 'A text.', title: 'Text', examples: ['x'] }, [], []],
  [
    'a member that may be missing',
    object({ a: text }),
    object({ a: text, b: text }, ['a']),
    [],
    ['b was taken away'],
  ],
  [
    'a member that may not be missing',
    object({ a: text }),
    object({ a: text, b: text }),
    ['b is new, and events stored before lack it'],
    ['b was taken away'],
  ],
  [
    'another name for a member',
    object({ a: text }),
    object({ b: text }),
    ['a was taken away', 'b is new, and events stored before lack it'],
    ['b was taken away', 'a is new, and events stored before lack it'],
  ],
  [
    'a member that must be there from now on',
    object({ a: text }, []),
    object({ a: text }),
    ['a is required now, and events stored before may lack it'],
    ['a may be missing now'],
  ],
  [
    'another type of a member',
    object({ a: text }),
    object({ a: { type: 'integer' } }),
    ['a has type "integer" instead of "string"'],
    ['a has type "string" instead of "integer"'],
  ],
  [
    'another member deep inside',
    object({ payload: object({ a: text }) }),
    object({ payload: object({}) }),
    ['payload.a was taken away'],
    ['payload.a is new, and events stored before lack it'],
  ],
  [
    'a member inside what may come',
    object({ payload: object({ a: text }) }),
    object({ payload: object({ a: text, b: object({ c: text }) }, ['a']) }),
    [],
    ['payload.b was taken away'],
  ],
  [
    'null where a text was',
    text,
    nullable,
    ['the message may be of other kinds', 'the message has type nothing instead of "string"'],
    ['the message may be of other kinds', 'the message has type "string" instead of nothing'],
  ],
  [
    'another branch',
    object({ a: nullable }),
    object({ a: { anyOf: [text, { type: 'integer' }] } }),
    ['a has type "integer" instead of "null"'],
    ['a has type "null" instead of "integer"'],
  ],
  [
    'a tighter pattern',
    object({ a: text }),
    object({ a: { ...text, pattern: '^x' } }),
    ['a has pattern "^x" instead of nothing'],
    ['a has pattern nothing instead of "^x"'],
  ],
  [
    'a higher least number',
    { type: 'integer', minimum: 1 },
    { type: 'integer', minimum: 2 },
    ['the message has minimum 2 instead of 1'],
    ['the message has minimum 1 instead of 2'],
  ],
  [
    'another constant',
    object({ retentionClass: { const: 'security' } }),
    object({ retentionClass: { const: 'operational' } }),
    ['retentionClass has const "operational" instead of "security"'],
    ['retentionClass has const "security" instead of "operational"'],
  ],
  [
    'a word in a closed list',
    object({ a: { enum: ['x'] } }),
    object({ a: { enum: ['x', 'y'] } }),
    ['a may be "y" now'],
    ['a is never "y" now, and events stored before may be'],
  ],
  [
    'a word in a list that may grow',
    object({ a: open('x') }),
    object({ a: open('y', 'x') }),
    [],
    ['a is never "y" now, and events stored before may be'],
  ],
  [
    'a list that may grow instead of a closed one',
    object({ a: { enum: ['x'] } }),
    object({ a: open('x') }),
    ['a may be of other kinds'],
    ['a may be of other kinds'],
  ],
  [
    'a list of words instead of any text',
    object({ a: text }),
    object({ a: { ...text, enum: ['x'] } }),
    ['a is a list of words no more, or only now'],
    ['a is a list of words no more, or only now'],
  ],
  [
    'other items',
    { type: 'array', items: text },
    { type: 'array', items: { type: 'integer' } },
    ['[] has type "integer" instead of "string"'],
    ['[] has type "string" instead of "integer"'],
  ],
  [
    'items that are described',
    object({ a: { type: 'array' } }),
    object({ a: { type: 'array', items: text } }),
    ['a.[] is described otherwise'],
    ['a.[] is described otherwise'],
  ],
  [
    'a door shut to unknown members',
    object({ a: text }),
    { ...object({ a: text }), additionalProperties: false },
    ['the message has additionalProperties false instead of nothing'],
    ['the message has additionalProperties nothing instead of false'],
  ],
  [
    'a keyword that nobody here understands',
    text,
    { ...text, not: { const: 'x' } },
    ['the message has not {"const":"x"} instead of nothing'],
    ['the message has not nothing instead of {"const":"x"}'],
  ],
]

const opposites = changes.map(([what, from, to, _forth, back]) => [what, to, from, back] as const)

describe('what stands between a schema and its successor', () => {
  test.each(changes)('%s', (_what, from, to, forth) => {
    expect(schemaBreaks(from, to)).toEqual(forth)
  })

  test.each(opposites)('the opposite: %s', (_what, from, to, back) => {
    expect(schemaBreaks(from, to)).toEqual(back)
  })
})
