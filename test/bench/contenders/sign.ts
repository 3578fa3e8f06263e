import { randomUUID, type KeyObject } from 'node:crypto'
import { mintAccessToken, type AccessTokenClaims } from '@iam/domain/access-token'
import { Admission } from '@iam/domain/admission'
import type { SigningAlg } from '@iam/domain/key-set'
import {
  accessTokenHeader,
  generateSigningKeyPair,
  isSignatureOf,
  RecentTokens,
  signerIn,
  SigningPace,
  signInKms,
  type Sign,
} from '@iam/domain/signing-key'
import { openKms } from '@iam/platform/kms'
import type { Opened, Work } from '../agent/protocol.ts'
import { closedLoop } from '../load/closed-loop.ts'

type SignWork = Extract<Work, { kind: 'sign' }>
type Held = { readonly publicKey: KeyObject; readonly sign: Sign; readonly close: () => void }

const workers = 16

/** Mints access tokens, over and over, by a key in memory or by one in KMS. */
export async function openSign(work: SignWork): Promise<Opened> {
  const { alg } = work
  const { publicKey, sign, close } = work.version === undefined ? await inMemory(alg) : await inKms(work)
  const signer = { kid: 'bench', alg, header: accessTokenHeader({ alg, kid: 'bench' }), sign }
  const mint = async () => {
    const token = await mintAccessToken(signer, claims())
    return token.length > 100
  }
  const [header, payload, signature] = (await mintAccessToken(signer, claims())).split('.')
  const isSound = isSignatureOf(
    { alg, publicKey },
    `${header}.${payload}`,
    Buffer.from(signature ?? '', 'base64url'),
  )
  if (!isSound) throw new Error('The token does not verify.')
  return { run: (ms) => closedLoop(mint, { workers, ms }), close: async () => close() }
}

async function inMemory(alg: SigningAlg): Promise<Held> {
  const { publicKey, privateKey } = await generateSigningKeyPair(alg)
  return { publicKey, sign: signerIn(alg, privateKey), close: () => undefined }
}

/** As iam-api does it, with no limit but how many it asks at a time. */
async function inKms({ alg, endpoint, version = '' }: SignWork): Promise<Held> {
  const kmsClient = await openKms({ endpoint, deadlineMs: 20_000 })
  const publicKey = await kmsClient.publicKey(version)
  const monotonic = () => performance.now()
  const kms = {
    sign: (name: string, bytes: Buffer) => kmsClient.sign(name, bytes),
    isQuotaUsedUp: () => false,
    admission: new Admission({ concurrency: 8, waiting: 100, waitingPerTenant: 100, deadline: 60_000 }),
    pace: new SigningPace(1_000_000, monotonic),
    recentTokens: new RecentTokens(monotonic),
    onFailure: () => undefined,
  }
  const key = { kid: 'bench', alg, publicKey, version }
  const sign: Sign = (input, tenantId = '') => signInKms({ kms, key }, input, tenantId)
  return { publicKey, sign, close: () => kmsClient.close() }
}

function claims(): AccessTokenClaims {
  const iat = Math.floor(Date.now() / 1000)
  return {
    iss: 'https://id.example.test',
    sub: 'usr_01JDMQ0M8Z6S7GN1K2Y3X4W5V6',
    aud: 'https://api.example',
    exp: iat + 900,
    iat,
    jti: randomUUID(),
    client_id: 'cli_01JDMQ0M8Z6S7GN1K2Y3X4W5V6',
    scope: 'openid',
    sid: 'grt_01JDMQ0M8Z6S7GN1K2Y3X4W5V6',
    tid: 'ten_01JDMQ0M8Z6S7GN1K2Y3X4W5V6',
    amr: ['pwd'],
    acr: 'aal1',
    auth_time: iat,
    status: { status_list: { idx: 7, uri: 'https://id.example.test/.well-known/status-lists/local-0' } },
  }
}
