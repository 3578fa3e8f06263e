import { type ChannelCredentials, Client, credentials, Metadata, type MethodDefinition } from '@grpc/grpc-js'
import { fromJSON } from '@grpc/proto-loader'
import { grpcCode } from './kms-error.ts'
import protos from './kms-protos.generated.json' with { type: 'json' }

type Method = MethodDefinition<object, object>

/** Every request we make names a key or one of its versions. */
export type KmsRequest = Record<string, unknown> &
  ({ name: string } | { parent: string } | { cryptoKeyVersion: { name: string } })

export type MethodName =
  | 'Encrypt'
  | 'Decrypt'
  | 'AsymmetricSign'
  | 'GetPublicKey'
  | 'CreateCryptoKeyVersion'
  | 'GetCryptoKeyVersion'
  | 'ListCryptoKeyVersions'
  | 'UpdateCryptoKeyVersion'
  | 'DestroyCryptoKeyVersion'

const longest = 2 ** 31 - 1

const channelOptions = {
  // Never idle: the first call after a quiet hour should not pay for a new connection.
  'grpc.client_idle_timeout_ms': longest,
  'grpc.keepalive_time_ms': 300_000,
  // The default waits up to two minutes before it sees that an outage has ended.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 5_000,
}

/** A connection to Cloud KMS that speaks only the methods in `kms-protos.generated.json`. */
export class KmsChannel {
  readonly #address: string
  readonly #credentials: ChannelCredentials
  readonly #methods = loadMethods()
  #client: Client

  /** `address` is `host:port`. It begins to connect at once. */
  constructor(address: string, credentials: ChannelCredentials) {
    this.#address = address
    this.#credentials = credentials
    this.#client = this.#connect()
  }

  /** Makes one call, which takes `deadlineMs` at most. Rejects with what gRPC rejects with. */
  async unary(method: MethodName, request: KmsRequest, deadlineMs: number): Promise<object> {
    const client = this.#client
    try {
      return await this.#send(client, this.#method(method), { request, deadline: Date.now() + deadlineMs })
    } catch (error) {
      // The connection may have died while the process was frozen, and gRPC would go on using it.
      const silent = (error as { code?: unknown }).code === grpcCode.deadlineExceeded
      if (silent && client === this.#client) this.#reconnect()
      throw error
    }
  }

  close(): void {
    this.#client.close()
  }

  #send(client: Client, method: Method, call: { request: KmsRequest; deadline: number }): Promise<object> {
    const metadata = new Metadata()
    metadata.set('x-goog-request-params', routingOf(call.request))
    const { path, requestSerialize, responseDeserialize } = method
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        call.request,
        metadata,
        { deadline: call.deadline },
        (error, answer) => (answer === undefined ? reject(error) : resolve(answer)),
      )
    })
  }

  #method(name: MethodName): Method {
    const method = this.#methods[name]
    if (method === undefined) throw new Error(`kms-protos.generated.json has no method ${name}`)
    return method
  }

  #reconnect(): void {
    const old = this.#client
    this.#client = this.#connect()
    old.close() // calls that are still on it may finish
  }

  #connect(): Client {
    const client = new Client(this.#address, this.#credentials, channelOptions)
    client.getChannel().getConnectivityState(true) // begins to connect before the first call
    return client
  }
}

/** Tells the front end which region to route to, as the service's HTTP rules have it. */
function routingOf(request: KmsRequest): string {
  const { name, parent, cryptoKeyVersion } = request as Readonly<Record<string, unknown>>
  if (typeof name === 'string') return `name=${encodeURIComponent(name)}`
  if (typeof parent === 'string') return `parent=${encodeURIComponent(parent)}`
  const version = cryptoKeyVersion as { name: string }
  return `crypto_key_version.name=${encodeURIComponent(version.name)}`
}

function loadMethods(): Record<string, Method> {
  const description: unknown = protos
  const options = { longs: String, enums: String, defaults: true }
  const definitions = fromJSON(description as Parameters<typeof fromJSON>[0], options)
  return definitions['google.cloud.kms.v1.KeyManagementService'] as Record<string, Method>
}

/** Opens a channel to `endpoint` in plaintext, for the emulator, or to Cloud KMS with the process's own
 *  identity. */
export async function openChannel(endpoint: string | undefined): Promise<KmsChannel> {
  if (endpoint !== undefined) return new KmsChannel(endpoint, credentials.createInsecure())
  const { googleCredentials } = await import('./google-credentials.ts')
  return new KmsChannel('cloudkms.googleapis.com:443', googleCredentials())
}
