import { totpCode, totpStep } from '@iam/domain/factor'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** An authenticator app: it holds a secret and has a clock, which may be wrong. */
export class Authenticator {
  readonly #secret: Buffer
  readonly #clock: () => Date

  /** @param secret as the app is told it, in base32. */
  constructor(secret: string, clock: () => Date) {
    const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
    this.#secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
    this.#clock = clock
  }

  /** What it shows. @param ahead how many steps its clock is ahead. */
  code(ahead = 0): string {
    return totpCode(this.#secret, totpStep(this.#clock()) + ahead)
  }

  /** Six digits that it does not show, now or around now. */
  wrongCode(): string {
    const shown = new Set([-2, -1, 0, 1, 2].map((ahead) => this.code(ahead)))
    for (let n = 0; ; n += 1) {
      const code = String(n).padStart(6, '0')
      if (!shown.has(code)) return code
    }
  }
}
