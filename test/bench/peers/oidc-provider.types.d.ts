// The part of oidc-provider that the peer uses: the package has no types of its own.
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  interface Saved {
    save(seconds?: number): Promise<string>
  }
  interface GrantModel extends Saved {
    addOIDCScope(scope: string): void
  }
  export class Provider {
    constructor(issuer: string, configuration: object)
    readonly Client: { find(id: string): Promise<object | undefined> }
    readonly Grant: new (
      properties: object,
    ) => GrantModel
    readonly RefreshToken: new (
      properties: object,
    ) => Saved
    callback(): (request: IncomingMessage, response: ServerResponse) => void
    on(event: 'server_error', heard: (context: unknown, error: Error) => void): void
  }
}
