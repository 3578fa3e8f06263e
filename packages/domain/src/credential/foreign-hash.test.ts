import { verifyForeignHash } from '@iam/platform/foreign-hash'
import { describe, expect, test } from 'vitest'
import { readForeignHash } from './read-foreign-hash.ts'
import { readImportedHash, type KeycloakHash } from './read-imported-hash.ts'

const salt = 'AAECAwQFBgcICQoLDA0ODw'
const key = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64').replaceAll('=', '')
const bcryptTail = 'CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'

/** Made elsewhere: by crypt_blowfish's own tests, passlib, RFC 7914, Python's hashlib and libargon2's command. */
const made: [string, string | KeycloakHash, string][] = [
  ['bcrypt, $2a$', `$2a$05$${bcryptTail}`, 'U*U'],
  ['bcrypt, $2b$', `$2b$05$${bcryptTail}`, 'U*U'],
  ['bcrypt, $2y$', `$2y$05$${bcryptTail}`, 'U*U'],
  ['bcrypt, as Django writes it', `bcrypt$$2b$05$${bcryptTail}`, 'U*U'],
  [
    'PBKDF2, as passlib writes it',
    '$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk',
    'toomanysecrets',
  ],
  [
    'PBKDF2, as a PHC string',
    '$pbkdf2-sha256$i=29000,l=32$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A+WF/Z5JZv+lfCIhXXN33N23OSgQYThBYRfk',
    'toomanysecrets',
  ],
  [
    'PBKDF2, as Django writes it',
    'pbkdf2_sha256$20000$seasalt2seasalt2$ztLWn9AZcHddOdnUq3yf4Y/XTdfmBOXQ+czr7Asc5XY=',
    'lètmein',
  ],
  [
    'PBKDF2, as Keycloak exports it',
    {
      algorithm: 'pbkdf2-sha512',
      hashIterations: 27_500,
      salt: 'MDEyMzQ1Njc4OWFiY2RlZg==',
      value: 'fHep5ildUQutEPBn/PZxLnAQLkN1vlAYsVSYTLP97IlfpIs1F8wZoboDGzobhDheHMCMeVyb8PtpnjydDvy0qw==',
    },
    'pässword',
  ],
  [
    'scrypt, as a PHC string',
    '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw',
    'pleaseletmein',
  ],
  [
    'scrypt, as Django writes it',
    'scrypt$16384$seasaltseasalt$8$5$nhga/E1Jr9dLSgkv9WVqdbg0lXiZbRBVktsenoH5qsLFBMhfGZRVOAhGHBwyv2SnCjIjtaS2PSzoKT3N5/ZaEg==',
    'lètmein',
  ],
  [
    'argon2i',
    '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
    'password',
  ],
  [
    'argon2id, as Django writes it',
    'argon2$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    'password',
  ],
]

describe('an imported hash', () => {
  test.each(made)('C171: is checked as it was made: %s', async (_what, given, password) => {
    const stored = readImportedHash(given)
    const hash = readForeignHash(stored?.hash ?? '')
    if (stored === undefined || hash === undefined) throw new Error('It cannot be read.')
    expect(stored.pepperVersion).toBeNull()
    expect(await verifyForeignHash(hash, password)).toBe(true)
    expect(await verifyForeignHash(hash, `${password}x`)).toBe(false)
    expect(readImportedHash(stored.hash)).toEqual(stored)
  })

  test.each([
    ['plain text', 'correct horse battery staple'],
    ['nothing', ''],
    ['MD5', '$1$abcdefgh$irWbblnpmw.5z7wgBnprh0'],
    ['SHA-256 without work', `sha256$salt$${'a'.repeat(64)}`],
    ['bcrypt with the sign bug', `$2x$05$${bcryptTail}`],
    ['bcrypt cut short', `$2b$05$${bcryptTail.slice(0, -1)}`],
    ['argon2d', `$argon2d$v=19$m=65536,t=3,p=4$${salt}$${key(32)}`],
    ['an old argon2', `$argon2id$v=16$m=65536,t=3,p=4$${salt}$${key(32)}`],
    ['argon2 with a secret of theirs', `$argon2id$v=19$m=65536,t=3,p=4,keyid=Zm9v$${salt}$${key(32)}`],
    ['PBKDF2 with SHA-1', `$pbkdf2-sha1$i=600000$${salt}$${key(20)}`],
    ['a result that many passwords fit', `$pbkdf2-sha256$i=600000$${salt}$${key(8)}`],
    ['a salt of a few bytes', `$pbkdf2-sha256$i=600000$c2FsdA$${key(32)}`],
    ['scrypt whose cost is no power of two', `scrypt$16385$seasaltseasalt$8$1$${key(64)}`],
  ])('is refused when it is %s', (_what, given) => {
    expect(readImportedHash(given)).toBeUndefined()
  })

  test.each([
    ['bcrypt', `$2b$14$${bcryptTail}`, `$2b$15$${bcryptTail}`],
    ['argon2 in memory', argon2(131_072, 3), argon2(131_073, 3)],
    ['argon2 in passes', argon2(65_536, 12), argon2(65_536, 13)],
    ['argon2 in lanes', argon2(65_536, 3, 16), argon2(65_536, 3, 17)],
    ['PBKDF2', pbkdf2(2_000_000, 32), pbkdf2(2_000_001, 32)],
    ['PBKDF2 in pieces', pbkdf2(1_000_000, 64), pbkdf2(1_000_001, 64)],
    ['PBKDF2 that is no work', pbkdf2(1_000, 32), pbkdf2(999, 32)],
    ['scrypt', scrypt(17, 8, 1), scrypt(18, 8, 1)],
    ['scrypt side by side', scrypt(14, 8, 8), scrypt(14, 8, 9)],
    ['a block size', scrypt(10, 1024, 1), scrypt(10, 1025, 1)],
  ])('C170: is refused when its check would cost too much: %s', (_what, allowed, refused) => {
    expect(readImportedHash(allowed)).toBeDefined()
    expect(readImportedHash(refused)).toBeUndefined()
  })

  function argon2(memory: number, passes: number, lanes = 1) {
    return `$argon2id$v=19$m=${memory},t=${passes},p=${lanes}$${salt}$${key(32)}`
  }
  function pbkdf2(iterations: number, length: number) {
    return `$pbkdf2-sha256$i=${iterations},l=${length}$${salt}$${key(length)}`
  }
  function scrypt(logN: number, r: number, p: number) {
    return `$scrypt$ln=${logN},r=${r},p=${p}$${salt}$${key(32)}`
  }
})
