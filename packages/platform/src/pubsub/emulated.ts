import { credentials } from '@grpc/grpc-js'

/** The options of a generated client for an emulator. @param endpoint `host:port`. */
export function emulated(endpoint: string) {
  const { hostname, port } = new URL(`http://${endpoint}`)
  return {
    apiEndpoint: hostname,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
    // Otherwise the client asks the metadata server which universe it is in.
    clientOptions: { universeDomain: 'googleapis.com' },
  }
}
