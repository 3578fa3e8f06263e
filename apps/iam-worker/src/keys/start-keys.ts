import { anchorOf, type AnchorSigner } from '@iam/domain/key-set'
import { SecretRings } from '@iam/domain/secret-key'
import { keySetStoreIn } from '@iam/domain/signing-key'
import { openCdn } from '@iam/platform/cdn'
import { keyWrapping, openKms, type Kms } from '@iam/platform/kms'
import { every, type Closer } from '@iam/platform/lifecycle'
import { openObjectStore } from '@iam/platform/object-store'
import { Nudge } from '@iam/platform/redis'
import type { Logger } from '@iam/platform/logging'
import type { WorkerContext } from '../context.ts'
import { tendKeys, type KeysDeps } from './tend-keys.ts'

/** How the keys' work goes on this worker. */
export interface KeysStatus {
  /** Set when a round has ended without a fault, for good: there are keys, and a key set. */
  begun: boolean
  /** Whether the last round ended without a fault. */
  worked: boolean
}

const summaryMs = 600_000

/** Starts tending keys and key set. KMS and the object store are opened in the first round, and stay open. */
export async function startKeys(context: WorkerContext, closers: Closer[]): Promise<KeysStatus> {
  const { config, log } = context
  const status: KeysStatus = { begun: false, worked: false }
  const kms = await openKms({ endpoint: config.kms.endpoint })
  context.metrics.follow(kms)
  closers.push({ name: 'kms', close: () => kms.close() })
  let deps: KeysDeps | undefined
  const loop = every(
    config.keysPollSeconds * 1000,
    async () => {
      deps ??= await openKeysDeps(context, kms)
      await tendKeys(deps, config)
      status.begun = status.worked = true
    },
    (err) => {
      status.worked = false
      log.warn({ err }, 'The keys could not be tended')
    },
  )
  loop.nudge()
  const summary = every(
    summaryMs,
    async () => log.info({ kms: kms.numbers() }, 'What was asked of KMS'),
    () => undefined,
  )
  closers.push({ name: 'kms summary', close: () => summary.stop() })
  closers.push({ name: 'keys', close: () => loop.stop() })
  return status
}

async function openKeysDeps(context: WorkerContext, kms: Kms): Promise<KeysDeps> {
  const { config, db, clock, owner, redis, log } = context
  const anchor = async (version: string): Promise<AnchorSigner> =>
    anchorOf(await kms.publicKey(version), (bytes) => kms.sign(version, bytes))
  const store = await openObjectStore(config.store)
  const nudge = new Nudge(redis, 'iam:keys')
  return {
    db,
    clock,
    owner,
    log,
    secrets: new SecretRings(),
    kms,
    wrapping: keyWrapping(kms, config.kms.secretWrapKey),
    tokenWrapping: keyWrapping(kms, config.kms.wrapKey),
    statusWrapping: keyWrapping(kms, config.kms.statusWrapKey),
    endorser: await anchor(config.kms.endorseKey),
    publisher: await anchor(config.kms.publishKey),
    spare: () => anchor(config.kms.sparePublishKey),
    keySetStore: keySetStoreIn(store),
    historyStore: keySetStoreIn(store, 'history'),
    cdn: openCdn(config.cdn),
    purgeFailed: (err) => log.warn({ err }, 'The CDN could not be told to let go of the key set'),
    regionFailed: regionReporter(log),
    keysChanged: () => nudge.send(),
  }
}

/** Says once, and again when it is another fault, that a region cannot be read, and that it can again. */
function regionReporter(log: Logger): KeysDeps['regionFailed'] {
  const told = new Map<string, string | undefined>()
  return (region, fault) => {
    if (fault === told.get(region)) return
    told.set(region, fault)
    if (fault === undefined) log.info({ region }, 'The key set of another region is read again')
    else log.error({ region, fault }, 'The key set of another region was not taken; its last good part stays')
  }
}
