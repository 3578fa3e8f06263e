import fc from 'fast-check'

const ulid = '01BX5ZZKBKACTAV9WEVGEMMVRZ'

/** Texts that have broken parsers, queries, templates and comparisons elsewhere. */
const texts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udc00\ud800',
  '\ufeff',
  '\u202e\u0000',
  '\r\nSet-Cookie: a=b',
  "' or 1=1--",
  "'; drop table iam.user; --",
  '${7*7}{{7*7}}<%= 7*7 %>',
  '<script>alert(1)</script>',
  '../../../etc/passwd',
  '..%2f..%2f',
  '%00',
  '%',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  'true',
  '-1',
  '1e309',
  '9007199254740993',
  '{"$ne":null}',
  '[]',
  'ﬀ',
  'İı',
  '😀'.repeat(64),
  'x'.repeat(65),
  'x'.repeat(257),
  'x'.repeat(5000),
  '(a+)+$'.repeat(20),
  ulid,
  ...['ten', 'usr', 'ses', 'cli', 'grt', 'evt', 'xxx'].map((prefix) => `${prefix}_${ulid}`),
  `usr_${'Z'.repeat(26)}`,
  `usr_${ulid.toLowerCase()}`,
  `mlr_${'0'.repeat(130)}`,
  'mls_',
  'a@b',
  `${'a'.repeat(64)}@${'b'.repeat(189)}`,
  '2026-11-21T10:00:00Z',
]

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...texts) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
)

/** What a header can carry through an HTTP parser: visible Latin-1, spaces and tabs inside. */
export const hostileHeader: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...texts.filter((text) => /^[\t\x20-\x7e\x80-\xff]*$/.test(text))),
  fc.string({
    unit: fc
      .integer({ min: 0x21, max: 0xff })
      .filter((code) => code !== 0x7f)
      .map((code) => String.fromCharCode(code)),
    maxLength: 200,
  }),
)

/** A value of any kind that JSON has. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      -1,
      1.5,
      1e308,
      Number.MAX_SAFE_INTEGER,
      [],
      [null],
      [[[[[[]]]]]],
      {},
      { $ne: null },
      { toString: 1, valueOf: 1 },
      { length: 1e9 },
    ),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
)
