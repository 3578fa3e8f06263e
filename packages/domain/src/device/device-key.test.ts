import { createHash, generateKeyPairSync } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { SoftDevice } from '@iam/testkit/device'
import { describe, expect, test } from 'vitest'
import { isSignedBy, readDeviceKey, type DeviceJwk, type DeviceKey } from './index.ts'

const okp = (x: Buffer | Uint8Array): DeviceJwk => ({
  kty: 'OKP',
  crv: 'Ed25519',
  x: Buffer.from(x).toString('base64url'),
})
const required = (key: DeviceKey | undefined): DeviceKey => {
  if (key === undefined) throw new Error('no key')
  return key
}

describe('the key of a device', () => {
  test('is read with the thumbprint of RFC 8037 A.3', () => {
    const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
    const { thumbprint } = required(readDeviceKey({ kty: 'OKP', crv: 'Ed25519', x }))
    expect(thumbprint.toString('base64url')).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  })

  test.each(['Ed25519', 'P-256'] as const)('%s: is the one its device signs by, and no other', (kind) => {
    const [mine, other] = [new SoftDevice(kind), new SoftDevice(kind)]
    const key = required(readDeviceKey(mine.publicKey))
    expect(key.thumbprint.toString('base64url')).toBe(mine.thumbprint)
    expect(isSignedBy(key, Buffer.from('this'), mine.sign('this'))).toBe(true)
    expect(isSignedBy(key, Buffer.from('that'), mine.sign('this'))).toBe(false)
    expect(isSignedBy(key, Buffer.from('this'), other.sign('this'))).toBe(false)
  })

  test('C212: is none on another curve or of another algorithm', () => {
    const [ed, p256] = [new SoftDevice('Ed25519'), new SoftDevice('P-256')]
    expect(isSignedBy(required(readDeviceKey(ed.publicKey)), Buffer.from('a'), p256.sign('a'))).toBe(false)
    expect(isSignedBy(required(readDeviceKey(p256.publicKey)), Buffer.from('a'), ed.sign('a'))).toBe(false)
    const sec = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' })
    const { x = '', y = '' } = sec as { x?: string; y?: string }
    expect(readDeviceKey({ kty: 'EC', crv: 'P-256', x, y })).toBeUndefined()
  })

  test('C212: is no point off the curve, and none that is spelt in another way', () => {
    const jwk = new SoftDevice('P-256').publicKey
    if (jwk.kty !== 'EC') throw new Error('no P-256')
    expect(readDeviceKey({ ...jwk, y: jwk.x })).toBeUndefined()
    expect(readDeviceKey({ ...jwk, x: Buffer.alloc(32).toString('base64url'), y: jwk.x })).toBeUndefined()
    expect(readDeviceKey({ ...jwk, x: `${jwk.x}=` })).toBeUndefined()
    expect(readDeviceKey({ ...jwk, x: ` ${jwk.x}` })).toBeUndefined()
    // The last character of 43 carries four bits alone: three other characters spell the same bytes.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const next = alphabet[alphabet.indexOf(jwk.x.slice(-1)) + 1] ?? ''
    expect(readDeviceKey({ ...jwk, x: jwk.x.slice(0, -1) + next })).toBeUndefined()
    // Above the field's prime: the same point by another number.
    expect(readDeviceKey({ ...jwk, x: Buffer.alloc(32, 255).toString('base64url') })).toBeUndefined()
  })

  test('C212: is no Ed25519 point of small or mixed order, and no number that is not the least', () => {
    const { BASE, ZERO } = ed25519.Point
    const order8 = ed25519.Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
    let small = ZERO
    for (let n = 0; n < 8; n += 1) {
      expect(readDeviceKey(okp(small.toBytes()))).toBeUndefined()
      if (n > 0) expect(readDeviceKey(okp(BASE.add(small).toBytes()))).toBeUndefined()
      small = small.add(order8)
    }
    expect(readDeviceKey(okp(BASE.toBytes()))).toBeDefined()
    const notLeast = Buffer.alloc(32, 255)
    notLeast[31] = 0x7f
    for (const low of [0xed, 0xee, 0xf0, 0xff]) {
      notLeast[0] = low
      expect(readDeviceKey(okp(notLeast))).toBeUndefined()
    }
    const noPoint = Array.from({ length: 16 }, (_, n) =>
      createHash('sha256').update(String(n)).digest(),
    ).filter((bytes) => !isPoint(bytes))
    expect(noPoint.length).toBeGreaterThan(0)
    for (const bytes of noPoint) expect(readDeviceKey(okp(bytes))).toBeUndefined()
  })
})

function isPoint(bytes: Buffer): boolean {
  try {
    return ed25519.Point.fromBytes(bytes, false).isTorsionFree()
  } catch {
    return false
  }
}

describe('a signature of a device', () => {
  const bytes = Buffer.from('what is signed')

  test('is 64 bytes, spelt in one way: DER, hex, padding and what is cut off are none', () => {
    const device = new SoftDevice('P-256')
    const key = required(readDeviceKey(device.publicKey))
    const right = device.sign(bytes.toString())
    expect(isSignedBy(key, bytes, right)).toBe(true)
    const raw = Buffer.from(right, 'base64url')
    const wrong = [
      device.sign(bytes.toString(), 'der'),
      `${right}==`,
      raw.toString('hex'),
      raw.subarray(1).toString('base64url'),
      Buffer.concat([raw, Buffer.alloc(1)]).toString('base64url'),
      Buffer.alloc(64).toString('base64url'),
      Buffer.concat([raw.subarray(32), raw.subarray(0, 32)]).toString('base64url'),
      '',
      'x',
    ]
    for (const signature of wrong) expect(isSignedBy(key, bytes, signature)).toBe(false)
  })

  test('of Ed25519 has an S below the group’s order (RFC 8032 5.1.7)', () => {
    const device = new SoftDevice('Ed25519')
    const key = required(readDeviceKey(device.publicKey))
    const raw = Buffer.from(device.sign(bytes.toString()), 'base64url')
    expect(isSignedBy(key, bytes, raw.toString('base64url'))).toBe(true)
    const s =
      BigInt(`0x${Buffer.from(raw.subarray(32).toReversed()).toString('hex')}`) + ed25519.Point.Fn.ORDER
    const malleable = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').toReversed()
    const same = Buffer.concat([raw.subarray(0, 32), malleable]).toString('base64url')
    expect(isSignedBy(key, bytes, same)).toBe(false)
    expect(isSignedBy(key, bytes, Buffer.alloc(64).toString('base64url'))).toBe(false)
  })
})
