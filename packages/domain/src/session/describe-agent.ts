/** A program and the system it runs on, in words that people know them by. Null: it does not say, or not in a way we know. */
export interface Agent {
  readonly program: string | null
  readonly system: string | null
}

// The first that fits: most browsers name several, those that they want to be taken for.
const programs: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrom(e|ium)\/|\bCriOS\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
]

const systems: readonly (readonly [RegExp, string])[] = [
  [/\bWindows\b/, 'Windows'],
  [/\biPad\b/, 'iPadOS'],
  [/\biPhone\b|\biOS\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b|\bMacintosh\b|\bDarwin\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]

/** Reads a User-Agent as far as a person needs it to recognise a device. What is no browser is called what it calls itself. */
export function describeAgent(text: string): Agent {
  return { program: find(programs, text) ?? ownName(text), system: find(systems, text) }
}

function find(known: readonly (readonly [RegExp, string])[], text: string): string | null {
  return known.find(([pattern]) => pattern.test(text))?.[1] ?? null
}

/** The product that a User-Agent begins with (RFC 9110 10.1.5), unless it is the one that every browser has. */
function ownName(text: string): string | null {
  const product = /^[A-Za-z][\w.-]{0,31}(?=\/|$)/.exec(text)?.[0]
  return product === undefined || product === 'Mozilla' ? null : product
}
