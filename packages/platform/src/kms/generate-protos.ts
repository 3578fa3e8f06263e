import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

type Field = { type: string; id: number; rule?: string; keyType?: string; options?: object }
type Type = {
  fields?: Record<string, Field>
  values?: object
  nested?: Tree
  options?: object
  oneofs?: object
}
type Method = { requestType: string; responseType: string }
type Service = { methods: Record<string, Method> }
type Tree = Record<string, Type>

const methods = [
  'Encrypt',
  'Decrypt',
  'AsymmetricSign',
  'GetPublicKey',
  'CreateCryptoKeyVersion',
  'GetCryptoKeyVersion',
  'ListCryptoKeyVersions',
  'UpdateCryptoKeyVersion',
  'DestroyCryptoKeyVersion',
]
const service = 'KeyManagementService'

/**
 * The wire format of the few KMS methods we call, cut out of the official client's description. The client
 * itself costs tens of megabytes in every process, most of it for describing what we never call.
 * @returns what belongs in `kms-protos.generated.json`, newline included.
 */
export async function makeKmsProtos(): Promise<string> {
  const path = createRequire(import.meta.url).resolve('@google-cloud/kms/build/protos/protos.json')
  const { google } = (JSON.parse(await readFile(path, 'utf8')) as { nested: { google: { nested: unknown } } })
    .nested
  const packages = google.nested as {
    cloud: { nested: { kms: { nested: { v1: { nested: Tree & Record<typeof service, Service> } } } } }
    protobuf: { nested: Tree }
  }
  const all = packages.cloud.nested.kms.nested.v1.nested
  const kept = keep(all, packages.protobuf.nested)
  const tree = {
    cloud: {
      nested: { kms: { nested: { v1: { nested: { [service]: prune(all[service]), ...kept.kms } } } } },
    },
    protobuf: { nested: kept.protobuf },
  }
  return `${JSON.stringify({ nested: { google: { nested: tree } } })}\n`
}

function prune({ methods: all }: Service): Service {
  const kept: Record<string, Method> = {}
  for (const name of methods) {
    const method = all[name]
    if (method === undefined) throw new Error(`The KMS client does not know ${name}`)
    kept[name] = { requestType: method.requestType, responseType: method.responseType }
  }
  return { methods: kept }
}

/** Every type that the requests and answers of our methods are made of. */
function keep(all: Tree & Record<typeof service, Service>, protobuf: Tree): { kms: Tree; protobuf: Tree } {
  const kept: { kms: Tree; protobuf: Tree } = { kms: {}, protobuf: {} }
  const wanted = Object.values(prune(all[service]).methods).flatMap((method) => Object.values(method))
  for (let name = wanted.shift(); name !== undefined; name = wanted.shift()) {
    const isProtobuf = name.startsWith('google.protobuf.')
    const outermost = (isProtobuf ? name.slice('google.protobuf.'.length) : name).split('.')[0] ?? ''
    const [source, target] = isProtobuf ? [protobuf, kept.protobuf] : [all, kept.kms]
    const type = source[outermost]
    // A scalar, an enum beside the field that uses it, or a type that is kept already.
    if (type === undefined || outermost in target) continue
    target[outermost] = withoutOptions(type)
    wanted.push(...fieldTypes(type))
  }
  return kept
}

function fieldTypes({ fields = {}, nested = {} }: Type): string[] {
  return [...Object.values(fields).map(({ type }) => type), ...Object.values(nested).flatMap(fieldTypes)]
}

/** Options describe REST paths and documentation, which nothing on the wire depends on. */
function withoutOptions({ options: _, ...type }: Type): Type {
  const { fields, nested } = type
  return {
    ...type,
    ...(fields && { fields: mapValues(fields, ({ options: _, ...field }) => field) }),
    ...(nested && { nested: mapValues(nested, withoutOptions) }),
  }
}

function mapValues<From, To>(record: Record<string, From>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
