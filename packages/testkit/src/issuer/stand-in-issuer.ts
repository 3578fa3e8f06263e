import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { keySetTyp, signAnchored, type AnchorSigner } from '@iam/domain/key-set'
import { packStatuses, statusListTyp, statusListUri } from '@iam/domain/status-list-token'
import { IssuerKey, type Minting } from './issuer-key.ts'

/** How a status list is to differ from a good one. */
export interface StatusListChanges {
  readonly key?: IssuerKey | undefined
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
}

/**
 * An issuer's public side over real HTTP, for tests of who verifies: a key set, plain or signed, that the test
 * changes, breaks and counts the questions for.
 */
export class StandInIssuer {
  /** Milliseconds since the epoch. */
  time = Date.parse('2026-11-21T12:00:00Z')
  keys: IssuerKey[] = [new IssuerKey()]
  /** The document that is served; made from `keys` when there is none. */
  document: string | undefined
  cacheControl = 'public, max-age=300'
  /** How often the key set was asked for, and how often that was answered with 304. */
  asked = 0
  unchanged = 0
  /** Answers instead of the issuer, while set. */
  instead: ((response: ServerResponse) => void) | undefined
  /** Status lists by their addresses, the keys that sign them, and how often a list was asked for. */
  readonly statusLists = new Map<string, string>()
  statusKeys: IssuerKey[] = [new IssuerKey()]
  listsAsked = 0
  /** Answers instead of every list, while set. */
  insteadOfLists: ((response: ServerResponse) => void) | undefined
  readonly #server: Server
  readonly url: string

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async open(): Promise<StandInIssuer> {
    const server = createServer((request, response) => {
      const path = request.url ?? '/'
      if (path.startsWith('/.well-known/status')) issuer.#answerStatus(path, response)
      else issuer.#answer(request.headers['if-none-match'], response)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const issuer = new StandInIssuer(server)
    return issuer
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  readonly now = (): number => this.time

  get seconds(): number {
    return Math.floor(this.time / 1000)
  }

  /** A token by the first key. */
  mint(minting: Minting = {}, key: IssuerKey | undefined = this.keys[0]): string {
    if (key === undefined) throw new Error('The issuer has no key.')
    return key.mint(this.claims(), minting)
  }

  /** The claims of a good access token of now. */
  claims(): Record<string, unknown> {
    return {
      iss: this.url,
      sub: 'usr_1',
      aud: 'https://api.example',
      exp: this.seconds + 900,
      iat: this.seconds,
      jti: 'jti_1',
      client_id: 'cli_1',
      scope: 'orders:read orders:write',
      sid: 'grt_1',
      tid: 'ten_1',
      amr: ['pwd'],
      acr: 'aal1',
      auth_time: this.seconds,
    }
  }

  /** Publishes a status list. @param changes claims that are to differ, and the key and the header's members. */
  publishStatusList(
    id: string,
    revoked: readonly number[] = [],
    { key = this.statusKeys[0], header = {}, claims = {} }: StatusListChanges = {},
  ): void {
    const uri = statusListUri(this.url, id)
    const usual = {
      sub: uri,
      iat: this.seconds,
      exp: this.seconds + 300,
      ttl: 15,
      status_list: { bits: 1, lst: packStatuses(revoked) },
      denied_kids: [],
    }
    const minting = { header: { typ: statusListTyp, ...header }, claims }
    this.statusLists.set(uri, key?.mint(usual, minting) ?? '')
  }

  /** The `status` claim of a token that has a slot. */
  statusClaim(id: string, idx: number) {
    return { status_list: { idx, uri: statusListUri(this.url, id) } }
  }

  /** Serves a signed key set from now on. */
  async publish(
    by: { publisher: AnchorSigner; endorser: AnchorSigner },
    changes: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const ends = { sign_until: this.seconds + 43_200, verify_until: this.seconds + 86_400 }
    const endorsed = (keys: readonly IssuerKey[], purpose: 'token' | 'status') => {
      const says = { env: 'test', iss: this.url, purpose, ...ends }
      return Promise.all(keys.map((key) => key.endorsed(by.endorser, says)))
    }
    const claims = {
      iss: this.url,
      sub: this.url,
      iat: this.seconds,
      exp: this.seconds + 3600,
      parts: { local: this.time },
      keys: await endorsed(this.keys, 'token'),
      status_keys: await endorsed(this.statusKeys, 'status'),
      ...changes,
    }
    this.document = await signAnchored(by.publisher, keySetTyp, claims)
  }

  #answerStatus(path: string, response: ServerResponse): void {
    if (path.endsWith('.json'))
      return void response.end(JSON.stringify({ keys: this.statusKeys.map(({ jwk }) => jwk) }))
    this.listsAsked += 1
    if (this.insteadOfLists !== undefined) return this.insteadOfLists(response)
    const list = this.statusLists.get(`${this.url}${path}`)
    response.writeHead(list === undefined ? 404 : 200).end(list)
  }

  #answer(known: string | undefined, response: ServerResponse): void {
    this.asked += 1
    if (this.instead !== undefined) return this.instead(response)
    const document = this.document ?? JSON.stringify({ keys: this.keys.map(({ jwk }) => jwk) })
    const etag = `"${Buffer.from(document).toString('base64').length}-${this.keys.map(({ kid }) => kid).join()}"`
    const headers = { etag, 'cache-control': this.cacheControl, 'content-type': 'application/json' }
    if (known === etag) this.unchanged += 1
    response.writeHead(known === etag ? 304 : 200, headers).end(known === etag ? undefined : document)
  }
}
