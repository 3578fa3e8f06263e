/**
 * The spelling that passwords are compared with words in: compatibility forms, case, spaces and punctuation make
 * no difference. For comparing only; what is hashed is every character.
 */
export function bare(text: string): string {
  return folded(text).replaceAll(/[^\p{L}\p{M}\p{N}]/gu, '')
}

/**
 * Everything a whole password is, trivially changed: itself; without punctuation; without digits at its end that
 * add nothing (up to four, or a row such as 123456789); and the part that it repeats.
 */
export function spellings(password: string): readonly string[] {
  const whole = folded(password)
  const plain = bare(password)
  const stem = withoutSuffix(plain)
  const forms = [whole, plain, stem, repeated(whole), repeated(plain), repeated(stem), stemOfRepeated(plain)]
  return [...new Set(forms)].filter((form) => form !== '')
}

/** True for a password that is one short part over and over, or a row of neighbours: aaaa, 121212, 3456789, fedcba. */
export function isPattern(password: string): boolean {
  const whole = folded(password)
  return [...repeated(whole)].length <= longestPattern || isRow(whole)
}

const longestPattern = 3
const mostDigits = 4

function folded(text: string): string {
  return text.normalize('NFKC').toUpperCase().toLowerCase()
}

function withoutSuffix(text: string): string {
  let start = text.length
  while (isDigit(text.charCodeAt(start - 1))) start -= 1
  const digits = text.slice(start)
  const adds = digits.length > mostDigits && !isRow(digits) && repeated(digits).length > longestPattern
  return adds ? text : text.slice(0, start)
}

function stemOfRepeated(text: string): string {
  return withoutSuffix(repeated(text))
}

/**
 * The shortest part that the text repeats, the last time perhaps cut; the text itself when there is none. By the
 * prefix function of Knuth, Morris and Pratt, so that no password takes long.
 */
function repeated(text: string): string {
  const chars = [...text]
  const period = chars.length - longestBorder(chars)
  return period * 2 <= chars.length ? chars.slice(0, period).join('') : text
}

/** The length of the longest proper beginning that is also the end. */
function longestBorder(chars: readonly string[]): number {
  const borders = [0]
  for (let at = 1; at < chars.length; at += 1) {
    let length = borders[at - 1] ?? 0
    while (length > 0 && chars[at] !== chars[length]) length = borders[length - 1] ?? 0
    borders.push(chars[at] === chars[length] ? length + 1 : 0)
  }
  return borders.at(-1) ?? 0
}

/** Each character the next of the one before, or each the one before it; 0 follows 9. */
function isRow(text: string): boolean {
  const codes = [...text].map((char) => char.codePointAt(0) ?? 0)
  return [1, -1].some((step) =>
    codes.every((code, at) => at === 0 || follows(codes[at - 1] ?? 0, code, step)),
  )
}

function follows(before: number, code: number, step: number): boolean {
  const wraps = step === 1 ? before === nine && code === zero : before === zero && code === nine
  return wraps || code - before === step
}

function isDigit(code: number): boolean {
  return code >= zero && code <= nine
}

const zero = 48
const nine = 57
