import { statusListTyp, type StatusListClaims } from './status-list-claims.ts'

/** A key that signs status lists and nothing else. */
export interface StatusListSigner {
  readonly kid: string
  readonly alg: string
  /** @returns the signature of the ASCII text, in base64url. */
  readonly sign: (input: string) => string | Promise<string>
}

/** Signs a status list (Token Status List 5.1). */
export async function signStatusList(signer: StatusListSigner, claims: StatusListClaims): Promise<string> {
  const header = { alg: signer.alg, typ: statusListTyp, kid: signer.kid }
  const input = `${segment(header)}.${segment(claims)}`
  return `${input}.${await signer.sign(input)}`
}

function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
