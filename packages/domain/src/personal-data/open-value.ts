import { unseal, type SecretRings } from '../secret-key/index.ts'
import { personalOpener, type SealedUserKey } from '../user/index.ts'
import type { Seal, StoredRow } from './rules.ts'

interface Sealed {
  readonly sealed: Buffer | null
  readonly row: StoredRow
  readonly seal: Seal
  readonly owner: { readonly userId: string; readonly userKey: SealedUserKey | undefined }
}

const versionLength = 4

/**
 * A sealed value of a row, opened as its rule says. A single text stands by itself.
 * @returns null where there is none, or where its key is gone.
 */
export function openValue(
  { secrets }: { readonly secrets: SecretRings },
  { sealed, row, seal, owner }: Sealed,
): unknown {
  if (sealed === null) return null
  const context = seal.context(row)
  if (seal.by === 'person') return single(openOwn(secrets, owner, { sealed, context }))
  const [version, bytes] =
    seal.by === 'version before it'
      ? [sealed.readUInt32BE(0), sealed.subarray(versionLength)]
      : [Number(row[seal.by.versionIn]), sealed]
  const key = secrets.of('data').byVersion(version)
  return key === undefined ? null : parsed(unseal(key, bytes, context).toString())
}

/** What somebody else's key seals, about this person, does not open: it is theirs. */
function openOwn(
  secrets: SecretRings,
  owner: Sealed['owner'],
  { sealed, context }: { readonly sealed: Buffer; readonly context: string },
): unknown {
  const open = personalOpener(secrets.of('data'), owner)
  try {
    return open(sealed, context) ?? null
  } catch (error) {
    if ((error as Error).message.includes('authenticate data')) return null
    throw error
  }
}

function parsed(text: string): unknown {
  return text.startsWith('{') ? single(JSON.parse(text)) : text
}

function single(value: unknown): unknown {
  const name = (value as { name?: unknown } | null)?.name
  return name !== undefined && Object.keys(value as object).length === 1 ? name : value
}
