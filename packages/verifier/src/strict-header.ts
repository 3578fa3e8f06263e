/** More than any document of an issuer has, and what is looked at before anything is decoded. */
const longest = 1024 * 1024
const shape = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{1,1024})$/

/**
 * The header of a compact JWS (RFC 7515 7.1), if it has the members that the issuer writes, in its order, and no other:
 * with `crit`, `jku`, `x5c` or `b64` in it, with one twice, or in another spelling it is none of the issuer's own.
 * @throws where the header is no JSON.
 */
export function strictHeader<Name extends string>(
  jws: string,
  names: readonly Name[],
): Readonly<Record<Name, unknown>> | undefined {
  const parts = jws.length > longest ? null : shape.exec(jws)
  // The last character's spare bits must be zero: one document, one spelling.
  if (parts === null || !parts.slice(1).every(isCanonical)) return undefined
  const text = Buffer.from(parts[1] ?? '', 'base64url').toString()
  const read = JSON.parse(text) as Readonly<Record<string, unknown>>
  const header = Object.fromEntries(names.map((name) => [name, read[name]])) as Record<Name, unknown>
  return JSON.stringify(header) === text ? header : undefined
}

/** Whether text is base64url in the one spelling that its bytes have. */
export function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}
