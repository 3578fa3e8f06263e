import { type CallCredentials, type ChannelCredentials, credentials, Metadata } from '@grpc/grpc-js'
import { GoogleAuth } from 'google-auth-library'

const scope = 'https://www.googleapis.com/auth/cloudkms'

/** TLS, and with each call a token of the identity the process runs under. */
export function googleCredentials(): ChannelCredentials {
  const auth = new GoogleAuth({ scopes: [scope] })
  return credentials.combineChannelCredentials(credentials.createSsl(), tokenCredentials(auth))
}

/** Puts the headers of `auth` on each call. `createFromGoogleCredential` of gRPC 1.14 would put none on it:
 *  it expects a plain object where the library now gives `Headers`. */
export function tokenCredentials(auth: {
  getRequestHeaders(url: string): Promise<Headers>
}): CallCredentials {
  return credentials.createFromMetadataGenerator(({ service_url: url }, callback) => {
    auth.getRequestHeaders(url).then((headers) => callback(null, toMetadata(headers)), callback)
  })
}

function toMetadata(headers: Headers): Metadata {
  const metadata = new Metadata()
  for (const [name, value] of headers) metadata.set(name, value)
  return metadata
}
