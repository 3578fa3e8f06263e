import { crc32c } from '@node-rs/crc32'

/** What may be wrong with an answer that arrives: its checksums; the word that the request's checksums were looked
 *  at; or its bytes, signatures among them, under checksums that fit. */
export type Corruption = 'checksums' | 'verified' | 'bytes'

type Answer = Readonly<Record<string, unknown>>

const change: Record<Corruption, (name: string, value: unknown, answer: Answer) => unknown> = {
  checksums: (name, value) => (isChecksum(name) && value !== null ? otherChecksum(value) : value),
  verified: (name, value) => (name.startsWith('verified') ? false : value),
  bytes: (name, value, answer) => {
    const bytes = answer[isChecksum(name) ? name.slice(0, -'Crc32c'.length) : name]
    if (!Buffer.isBuffer(bytes)) return value
    return isChecksum(name) ? { value: String(crc32c(flipped(bytes))) } : flipped(bytes)
  },
}

/** The answer with every field changed that the corruption is of. */
export function corrupted(corruption: Corruption, answer: Answer): Answer {
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]) => [name, change[corruption](name, value, answer)]),
  )
}

export function isCorruption(name: string): name is Corruption {
  return name in change
}

function isChecksum(name: string): boolean {
  return name.endsWith('Crc32c') && !name.startsWith('verified')
}

function otherChecksum(value: unknown): { value: string } {
  return { value: String(Number((value as { value: string }).value) ^ 1) }
}

/** In the middle, where a signature has no structure that a reader would trip over first. */
function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  const middle = copy.length >> 1
  if (copy.length > 0) copy.writeUInt8(copy.readUInt8(middle) ^ 1, middle)
  return copy
}
