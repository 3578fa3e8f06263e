// Four bytes in six characters: 62^6 is a little more than 2^32, so a group that spells more is refused and
// every value has exactly one spelling.
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const groupBytes = 4
const groupChars = 6

const digits = new Int8Array(128).fill(-1)
for (const [value, char] of [...alphabet].entries()) digits[char.charCodeAt(0)] = value

/** Spells bytes, whose number is a multiple of four, in base62 groups. */
export function encodeGroups(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += groupBytes) {
    let value = bytes.readUInt32BE(at)
    let group = ''
    for (let n = 0; n < groupChars; n += 1) {
      group = alphabet.charAt(value % 62) + group
      value = Math.floor(value / 62)
    }
    text += group
  }
  return text
}

/** The bytes that base62 groups spell, or undefined for a foreign character or a group of 2^32 or more. */
export function decodeGroups(text: string): Buffer | undefined {
  const bytes = Buffer.alloc((text.length / groupChars) * groupBytes)
  for (let group = 0; group * groupChars < text.length; group += 1) {
    let value = 0
    for (let n = 0; n < groupChars; n += 1) {
      const digit = digits[text.charCodeAt(group * groupChars + n)] ?? -1
      if (digit < 0) return undefined
      value = value * 62 + digit
    }
    if (value > 0xffffffff) return undefined
    bytes.writeUInt32BE(value, group * groupBytes)
  }
  return bytes
}
