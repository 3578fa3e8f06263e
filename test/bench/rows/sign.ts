import type { SigningAlg } from '@iam/domain/key-set'
import { openKms } from '@iam/platform/kms'
import { makeSigningKey } from '@iam/testkit/kms-custody'
import type { Bench } from '../bench.ts'
import { interleave, type Contender } from '../measure/interleave.ts'
import { turnsOf } from './measure-load.ts'
import type { Row } from './row.ts'

const algs: readonly SigningAlg[] = ['ES256', 'EdDSA', 'RS256']

/**
 * Access tokens a second by a key in memory and by one in KMS, which is the emulator without any latency of its own: what
 * our side of it costs. The real service adds tens of milliseconds, and its quota is the limit: 11 to 1,000 a second.
 */
export const sign: Row = {
  name: 'sign',
  title: 'access tokens signed, 16 at a time, by keys wrapped and in KMS',
  metrics: ['rate', 'serverUs', 'backendUs', 'p50Ms', 'p99Ms'],
  goals: [
    { subject: 'ES256, wrapped', metric: 'serverUs', atMost: 200 },
    { subject: 'ES256, kms', metric: 'serverUs', atMost: 2_000 },
  ],
  measure: async (bench) => {
    const { endpoint } = bench.service.stack.state.kms
    const contenders: Contender[] = []
    for (const alg of algs) {
      contenders.push({ name: `${alg}, wrapped`, work: { kind: 'sign', alg, endpoint } })
      const version = await makeVersion(endpoint, alg)
      contenders.push({ name: `${alg}, kms`, work: { kind: 'sign', alg, endpoint, version } })
    }
    return { series: await interleave(contenders, { ...turnsOf(bench), backend: emulatorOf(bench) }) }
  },
}

function emulatorOf({ service }: Bench): number[] {
  return [service.stack.state.pids['google'] ?? 0]
}

/** A version is there once it was looked at twice. */
async function makeVersion(endpoint: string, alg: SigningAlg): Promise<string> {
  const kms = await openKms({ endpoint })
  try {
    const { name } = await kms.versions.create(await makeSigningKey(Number(endpoint.split(':')[1]), alg))
    while ((await kms.versions.get(name)).state !== 'ENABLED');
    return name
  } finally {
    kms.close()
  }
}
