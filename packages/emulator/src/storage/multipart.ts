import { invalid } from './storage-error.ts'

export type Part = { contentType: string | undefined; body: Buffer }

/** The parts of a `multipart/related` body (RFC 2387), bytes untouched. Refuses one without a boundary or an
 *  end. */
export function splitMultipart(contentType: string, body: Buffer): Part[] {
  const boundary = /^multipart\/related;.*boundary="?([^";]+)"?/i.exec(contentType)?.[1]
  if (boundary === undefined) throw invalid('A multipart upload needs a boundary.')
  const parts: Part[] = []
  // The line break before a delimiter belongs to the delimiter (RFC 2046 5.1.1); the first one may have none.
  const text = Buffer.concat([Buffer.from('\r\n'), body])
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  let start = text.indexOf(delimiter)
  while (start !== -1) {
    start += delimiter.length
    if (text.subarray(start, start + 2).toString() === '--') return parts
    const end = text.indexOf(delimiter, start)
    if (end === -1) break
    parts.push(readPart(text.subarray(start, end)))
    start = end
  }
  throw invalid('The multipart body has no end.')
}

function readPart(part: Buffer): Part {
  const headEnd = part.indexOf('\r\n\r\n')
  if (headEnd === -1) throw invalid('A part of the multipart body has no headers.')
  const contentType = /^content-type:\s*(.+?)\s*$/im.exec(part.subarray(0, headEnd).toString())?.[1]
  return { contentType, body: part.subarray(headEnd + 4) }
}
