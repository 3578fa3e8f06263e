import type { App } from '@iam/iam-api/app'
import fc from 'fast-check'
import { bodyFor, bytesOf, type Body } from './bodies.ts'
import { badTokens, goodTokens, staged, type Props } from './cast.ts'
import type { Answer } from './expect-documented.ts'
import { hostileHeader, hostileText } from './hostile.ts'
import type { Operation, Parameter } from './operations.ts'
import { likelyValue } from './values.ts'

/** A request that nobody has sent yet, readable where a failure prints it. */
export interface Draft {
  readonly path: Readonly<Record<string, string>>
  readonly query: readonly (readonly [string, string])[]
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Body
}

type Optional = fc.Arbitrary<string | undefined>

/** Requests for an operation: likely in most respects, wrong or hostile in some. */
export function draftFor(operation: Operation): fc.Arbitrary<Draft> {
  const of = (place: Parameter['in']) => operation.parameters.filter((parameter) => parameter.in === place)
  const body: fc.Arbitrary<Body | undefined> =
    operation.body === undefined
      ? mostly(
          fc.constant(undefined),
          fc.constantFrom({ value: {} }, { value: null }, { bytes: 'x', encoding: 'utf8' }),
        )
      : mostly(bodyFor(operation.body), fc.constant(undefined), 19)
  return fc
    .record({ path: pathFor(of('path')), query: queryFor(of('query')), headers: headersFor(operation), body })
    .map(({ body, ...rest }) => (body === undefined ? rest : { ...rest, body }))
}

function mostly<Usual, Odd>(
  usual: fc.Arbitrary<Usual>,
  odd: fc.Arbitrary<Odd>,
  weight = 9,
): fc.Arbitrary<Usual | Odd> {
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd })
}

function pathFor(parameters: readonly Parameter[]): fc.Arbitrary<Draft['path']> {
  const values = parameters.map(({ name, schema }) => {
    // A step longer than any id, or none at all, is another path.
    const odd = hostileText.filter((text) => text !== '' && text.length <= 64 && text.isWellFormed())
    return [name, mostly(idFor(name, schema), odd, 4)] as const
  })
  return fc.record(Object.fromEntries(values))
}

/** A path's parameter is an id more often than its schema says. */
function idFor(name: string, schema: Parameter['schema']): fc.Arbitrary<string> {
  const ids = fc.constantFrom(
    '«tenant»',
    '«tenant»',
    '«user»',
    '«colleague»',
    '«session»',
    '«other tenant»',
    '«other session»',
  )
  return name === 'id' ? ids : likelyValue(name, schema).map(String)
}

function queryFor(parameters: readonly Parameter[]): fc.Arbitrary<Draft['query']> {
  const required = parameters.filter((parameter) => parameter.required === true)
  return fc.oneof(fullQueryFor(required), fullQueryFor(parameters))
}

function fullQueryFor(parameters: readonly Parameter[]): fc.Arbitrary<Draft['query']> {
  const likely = parameters.map(({ name, schema, required }) => {
    const pair = fc.tuple(fc.constant(name), mostly(likelyValue(name, schema).map(String), hostileText))
    // Many parameters must not mean that one of them is always twice there.
    return fc.oneof(
      { weight: required === true ? 0 : 12, arbitrary: fc.constant([]) },
      { weight: 6, arbitrary: fc.tuple(pair) },
      { weight: 1, arbitrary: fc.tuple(pair, pair) },
    )
  })
  const strange = fc.array(fc.tuple(hostileText, hostileText), { minLength: 1, maxLength: 2 })
  return fc
    .tuple(
      fc.tuple(...likely).map((pairs) => pairs.flat()),
      mostly(fc.constant([] as [string, string][]), strange),
    )
    .map(([a, b]) => [...a, ...b])
}

function headersFor(operation: Operation): fc.Arbitrary<Draft['headers']> {
  const none = fc.constant(undefined)
  const named: Record<string, Optional> = {
    'content-type': mostly(fc.constant('application/json'), contentType, 19),
    'x-tenant-id': mostly(
      fc.constantFrom('acme', 'acme', '«tenant»', ...(operation.secured ? [undefined, undefined] : [])),
      fc.oneof(
        none,
        fc.constantFrom('globex', '«other tenant»', 'nobody', 'suspended', 'abroad'),
        hostileHeader,
      ),
      5,
    ),
    authorization: mostly(
      authorization(operation.secured),
      hostileHeader.map((text) => `Bearer ${text}`),
      19,
    ),
    origin: mostly(none, fc.constantFrom('https://id.example.test', 'https://evil.example', 'null', '')),
    cookie: mostly(
      none,
      fc.oneof(fc.constantFrom('«cookie»', '«cookie»; «cookie»', 'a=b; «cookie»'), hostileHeader),
    ),
    // Now and then from one address, so that its limits are met too.
    'x-forwarded-for': mostly(
      fc.ipV4(),
      fc.oneof(fc.constantFrom('203.0.113.9', '203.0.113.9'), fc.ipV6(), hostileHeader, none),
      4,
    ),
    'idempotency-key': mostly(none, fc.oneof(fc.uuid(), hostileHeader), 4),
    traceparent: mostly(none, hostileHeader),
    'user-agent': mostly(fc.constant('fuzz'), hostileHeader),
    accept: mostly(none, fc.constantFrom('text/html', '*/*', 'application/xml', ';;q=9')),
    'accept-language': mostly(none, fc.oneof(fc.constantFrom('ar', 'fr;q=2', '*'), hostileHeader)),
    'if-none-match': mostly(none, fc.constantFrom('*', '"x"')),
    'x-http-method-override': mostly(none, fc.constantFrom('DELETE', 'GET')),
    'x-request-id': mostly(none, hostileHeader),
  }
  return fc
    .record(named)
    .map(
      (headers) =>
        Object.fromEntries(
          Object.entries(headers).filter(([, value]) => value !== undefined),
        ) as Draft['headers'],
    )
}

function authorization(secured: boolean): Optional {
  const bearer = (tokens: readonly string[]) => fc.constantFrom(...tokens).map((token) => `Bearer ${token}`)
  const bad = fc.oneof(
    bearer(badTokens),
    fc.constantFrom('Bearer', 'Basic YTpi', 'bearer «live» x', '«live»'),
  )
  return secured
    ? mostly(bearer(goodTokens), fc.oneof(bad, fc.constant(undefined)), 3)
    : mostly(fc.constant(undefined), fc.oneof(bad, bearer(goodTokens)))
}

const contentType: Optional = fc.constantFrom(
  undefined,
  'application/json; charset=utf-8',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json;charset=utf-16',
  'application/jsonx',
  '',
)

/** Sends a draft, with what it stands for now. */
export async function send(
  app: App,
  operation: Operation,
  { draft, props }: { draft: Draft; props: Props },
): Promise<Answer> {
  const { path, query, headers } = staged({ ...draft, body: undefined }, props)
  const url = operation.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent((path[name] ?? '').toWellFormed()),
  )
  const search = query.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')
  const payload = draft.body === undefined ? undefined : bytesOf(staged(draft.body, props))
  const { 'content-type': type, ...others } = headers
  return app.inject({
    method: operation.method,
    url: search === '' ? url : `${url}?${search}`,
    headers: payload === undefined || type === undefined ? others : { ...others, 'content-type': type },
    ...(payload === undefined ? {} : { payload }),
  })
}

/** In a query, what cannot be encoded goes as it is. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
