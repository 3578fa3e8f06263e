const halfBytes = 32

/** An ECDSA P-256 signature from DER (RFC 3279 2.2.3) to the 64 bytes r || s of JOSE (RFC 7518 3.4);
 *  undefined for bytes that are no such signature. */
export function derToJose(der: Buffer): Buffer | undefined {
  // SEQUENCE { INTEGER r, INTEGER s }; on this curve every length fits into one byte.
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined
  const r = readInteger(der, 2)
  const s = r && readInteger(der, r.end)
  if (r === undefined || s?.end !== der.length) return undefined
  return Buffer.concat([r.value, s.value])
}

function readInteger(der: Buffer, start: number): { value: Buffer; end: number } | undefined {
  const length = der[start + 1]
  if (der[start] !== 0x02 || length === undefined) return undefined
  const end = start + 2 + length
  if (end > der.length) return undefined
  // A leading zero byte keeps a DER integer positive; JOSE has a fixed width instead.
  const digits = der.subarray(start + 2, end)
  const value = digits[0] === 0 ? digits.subarray(1) : digits
  if (value.length > halfBytes) return undefined
  return { value: Buffer.concat([Buffer.alloc(halfBytes - value.length), value]), end }
}
