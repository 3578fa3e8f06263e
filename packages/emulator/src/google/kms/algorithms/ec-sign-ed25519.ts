import { generateKeyPairSync, sign } from 'node:crypto'
import { invalidArgument } from '../../rpc/status-error.ts'
import type { SigningAlgorithm } from './algorithm.ts'
import { materialOf, privateKey, publicKeyPem } from './private-key.ts'

/** PureEdDSA on Curve25519 (RFC 8032 5.1), which hashes the data twice and so takes no digest of it. */
export const ecSignEd25519: SigningAlgorithm = {
  purpose: 'ASYMMETRIC_SIGN',
  digest: undefined,
  generate: () => materialOf(generateKeyPairSync('ed25519').privateKey),
  publicKeyPem,
  signDigest: () => {
    throw invalidArgument('EC_SIGN_ED25519 signs data, not a digest.')
  },
  signData: (material, data) => sign(null, data, privateKey(material)),
}
