/** A string, with the colon that makes it a member's name, or the beginning or end of an object. */
const landmark = /("[^"\\]*(?:\\.[^"\\]*)*")([ \t\r\n]*:)?|[{}]/g

/**
 * Whether some object in a text names a member twice (RFC 8259 4). Parsers differ in which of the two they take, so
 * that two parties could read two things in one text. Names are compared as they are meant, not as they are spelt.
 * @param json well-formed JSON: it is read once, from landmark to landmark.
 */
export function hasDuplicateNames(json: string): boolean {
  const open: Set<string>[] = []
  for (const [found, text, colon] of json.matchAll(landmark)) {
    if (found === '{') open.push(new Set())
    else if (found === '}') open.pop()
    else if (text !== undefined && colon !== undefined) {
      const names = open.at(-1)
      const name = text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1)
      if (names?.has(name) === true) return true
      names?.add(name)
    }
  }
  return false
}
