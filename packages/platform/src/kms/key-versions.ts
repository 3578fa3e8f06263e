import type { Caller } from './call.ts'
import { requireName } from './integrity.ts'
import type { KeyVersion } from './kms.ts'
import { grpcCode, KmsError } from './kms-error.ts'
import type { KmsStatistics } from './kms-statistics.ts'

type VersionAnswer = KeyVersion & Record<string, unknown>
type ListAnswer = { cryptoKeyVersions: VersionAnswer[]; nextPageToken: string }

/** What becomes of the versions of keys. */
export class KeyVersions {
  readonly #caller: Caller
  readonly #statistics: KmsStatistics

  constructor(caller: Caller, statistics: KmsStatistics) {
    this.#caller = caller
    this.#statistics = statistics
  }

  async create(keyName: string): Promise<KeyVersion> {
    return this.#caller.call({
      method: 'CreateCryptoKeyVersion',
      request: { parent: keyName, cryptoKeyVersion: {} },
      once: true,
      read: (answer: VersionAnswer) => {
        requireName(answer.name.startsWith(`${keyName}/cryptoKeyVersions/`), answer.name)
        return versionOf(answer)
      },
    })
  }

  async get(versionName: string): Promise<KeyVersion> {
    return this.#caller.call({
      method: 'GetCryptoKeyVersion',
      request: { name: versionName },
      read: (answer: VersionAnswer) => readNamed(answer, versionName),
    })
  }

  async list(keyName: string): Promise<KeyVersion[]> {
    const versions: KeyVersion[] = []
    let pageToken = ''
    do {
      const page: ListAnswer = await this.#caller.call({
        method: 'ListCryptoKeyVersions',
        request: { parent: keyName, pageSize: 1000, pageToken },
        read: (answer: ListAnswer) => answer,
      })
      versions.push(...page.cryptoKeyVersions.map(versionOf))
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    this.#statistics.listed(keyName, versions)
    return versions
  }

  async disable(versionName: string): Promise<void> {
    const request = {
      cryptoKeyVersion: { name: versionName, state: 'DISABLED' },
      updateMask: { paths: ['state'] },
    }
    await this.#unlessEnding(versionName, () =>
      this.#caller.call({
        method: 'UpdateCryptoKeyVersion',
        request,
        read: (answer: VersionAnswer) => readNamed(answer, versionName),
      }),
    )
  }

  async destroy(versionName: string): Promise<void> {
    await this.#unlessEnding(versionName, () =>
      this.#caller.call({
        method: 'DestroyCryptoKeyVersion',
        request: { name: versionName },
        read: (answer: VersionAnswer) => readNamed(answer, versionName),
      }),
    )
  }

  /** The answer may have been lost, or somebody have been quicker: what is to be destroyed does nothing any more. */
  async #unlessEnding(versionName: string, change: () => Promise<unknown>): Promise<void> {
    try {
      await change()
    } catch (error) {
      if (!(error instanceof KmsError) || error.code !== grpcCode.failedPrecondition) throw error
      const { state } = await this.get(versionName)
      if (state !== 'DESTROY_SCHEDULED' && state !== 'DESTROYED') throw error
    }
  }
}

function readNamed(answer: VersionAnswer, versionName: string): KeyVersion {
  requireName(answer.name === versionName, answer.name)
  return versionOf(answer)
}

function versionOf({ name, state, algorithm, protectionLevel }: VersionAnswer): KeyVersion {
  return { name, state, algorithm, protectionLevel }
}
