// A ULID is 128 bits in 26 characters of 5 bits: two characters hold the first byte, and every eight of the
// other 24 hold five bytes. Working in groups of 20 bits keeps it in plain numbers, which the token codec,
// called for every refresh, needs to be quick.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const values = new Map([...alphabet].map((char, value) => [char, value]))
const pairs = Array.from({ length: 1024 }, (_, n) => alphabet.charAt(n >> 5) + alphabet.charAt(n & 31))

/** The 16 bytes of a ULID of 26 characters. */
export function ulidBytes(text: string): Buffer {
  const bytes = Buffer.alloc(16)
  bytes[0] = (digit(text, 0) << 5) | digit(text, 1)
  for (let group = 0; group < 3; group += 1) {
    const at = 2 + group * 8
    bytes.writeUIntBE(quad(text, at) * 0x100000 + quad(text, at + 4), 1 + group * 5, 5)
  }
  return bytes
}

/** The ULID that 16 bytes spell. */
export function ulidFromBytes(bytes: Buffer): string {
  let text = pairs[bytes[0] ?? 0] ?? ''
  for (let group = 0; group < 3; group += 1) {
    const value = bytes.readUIntBE(1 + group * 5, 5)
    text += spell(Math.floor(value / 0x100000)) + spell(value % 0x100000)
  }
  return text
}

function digit(text: string, at: number): number {
  return values.get(text.charAt(at)) ?? 0
}

function quad(text: string, at: number): number {
  return (
    (digit(text, at) << 15) | (digit(text, at + 1) << 10) | (digit(text, at + 2) << 5) | digit(text, at + 3)
  )
}

function spell(bits: number): string {
  return `${pairs[bits >> 10] ?? ''}${pairs[bits & 1023] ?? ''}`
}
