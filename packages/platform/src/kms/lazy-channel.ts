import type { KmsChannel, KmsRequest, MethodName } from './kms-channel.ts'

/**
 * A channel that is opened by the first call: gRPC takes a tenth of a second and tens of megabytes to load, and a
 * process that has only just to say that it lives should not wait for it.
 */
export class LazyChannel implements Pick<KmsChannel, 'unary' | 'close'> {
  readonly #endpoint: string | undefined
  #opening: Promise<KmsChannel> | undefined

  constructor(endpoint: string | undefined) {
    this.#endpoint = endpoint
  }

  async unary(method: MethodName, request: KmsRequest, deadlineMs: number): Promise<object> {
    const channel = await this.#open()
    return channel.unary(method, request, deadlineMs)
  }

  close(): void {
    this.#opening?.then((channel) => channel.close()).catch(() => undefined)
  }

  /** An opening that failed is tried again by the next call. */
  async #open(): Promise<KmsChannel> {
    this.#opening ??= open(this.#endpoint)
    try {
      return await this.#opening
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }
}

async function open(endpoint: string | undefined): Promise<KmsChannel> {
  const { openChannel } = await import('./kms-channel.ts')
  return openChannel(endpoint)
}
