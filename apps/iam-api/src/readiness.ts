import { setTimeout } from 'node:timers/promises'
import type { Clock } from '@iam/domain/kit'
import type { SecretRings } from '@iam/domain/secret-key'
import type { SigningKeys } from '@iam/domain/signing-key'
import { within } from '@iam/platform/lifecycle'

export type Check = 'ok' | 'failing'

export interface ReadinessReport {
  readonly status: 'ok' | 'degraded' | 'unavailable'
  readonly checks: Readonly<Record<string, Check>>
}

/** Asks one dependency whether it answers. It is asked again for a second before it counts as failing. */
export type Probe = () => Promise<void>

export type Probes = Readonly<Record<'postgres' | 'redis' | 'kms', Probe>>

/** What an instance cannot do without: every secret, and every signing key with one that signs now. */
export type HeldKeys = () => Readonly<Record<'secrets' | 'signing', boolean>>

const keepFor = 2_000
const probeDeadline = 1_000
const betweenProbes = 100

/**
 * Whether this instance can serve. It is unavailable until Postgres and KMS have each worked once, while it
 * drains, until every secret and signing key was loaded, and while one to sign or to seal with is missing. After that an
 * outage of something shared only degrades it: taking every instance out of the balancer would help nobody.
 */
export class Readiness {
  readonly #probes: Probes
  readonly #heldKeys: HeldKeys
  readonly #monotonic: () => number
  #draining = false
  #worked = { postgres: false, kms: false }
  #last: { readonly at: number; readonly checks: Promise<Record<string, Check>> } | undefined

  constructor(options: { probes: Probes; heldKeys: HeldKeys; monotonic: () => number }) {
    this.#probes = options.probes
    this.#heldKeys = options.heldKeys
    this.#monotonic = options.monotonic
  }

  drain(): void {
    this.#draining = true
  }

  /** Probes everything, at most every two seconds however often it is asked. */
  async report(): Promise<ReadinessReport> {
    const now = this.#monotonic()
    if (this.#last === undefined || now - this.#last.at > keepFor)
      this.#last = { at: now, checks: this.#probe() }
    const probed = await this.#last.checks
    const held = this.#heldKeys()
    const checks = { ...probed, secrets: checkOf(held.secrets), signing: checkOf(held.signing) }
    const hasKeys = held.secrets && held.signing
    if (this.#draining || !this.#worked.postgres || !this.#worked.kms || !hasKeys) {
      return { status: 'unavailable', checks }
    }
    return { status: Object.values(checks).every((check) => check === 'ok') ? 'ok' : 'degraded', checks }
  }

  async #probe(): Promise<Record<string, Check>> {
    const [postgres, redis, kms] = await Promise.all([
      outcome(this.#probes.postgres),
      outcome(this.#probes.redis),
      outcome(this.#probes.kms),
    ])
    this.#worked = {
      postgres: this.#worked.postgres || postgres === 'ok',
      kms: this.#worked.kms || kms === 'ok',
    }
    return { postgres, redis, kms }
  }
}

/** What an instance holds by now. */
export function heldKeys({
  secrets,
  signingKeys,
  clock,
}: {
  readonly secrets: SecretRings
  readonly signingKeys: SigningKeys
  readonly clock: Clock
}): ReturnType<HeldKeys> {
  const now = clock()
  return {
    secrets: secrets.isComplete(now),
    signing: signingKeys.isComplete && signingKeys.signer(now) !== undefined,
  }
}

function checkOf(works: boolean): Check {
  return works ? 'ok' : 'failing'
}

async function outcome(probe: Probe): Promise<Check> {
  const deadline = AbortSignal.timeout(probeDeadline)
  return within(probeDeadline, untilAnswered(probe, deadline)).then(
    () => 'ok',
    () => 'failing',
  )
}

/** A moment of this process or of the line is no outage: what fails is asked again until the deadline. */
async function untilAnswered(probe: Probe, deadline: AbortSignal): Promise<void> {
  try {
    await probe()
  } catch (error) {
    if (deadline.aborted) throw error
    await setTimeout(betweenProbes)
    await untilAnswered(probe, deadline)
  }
}
