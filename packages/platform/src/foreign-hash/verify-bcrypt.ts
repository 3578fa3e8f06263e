import { verify } from '@node-rs/bcrypt'

/** Checks a password as bcrypt does, which sees the first 72 bytes of it. */
export async function verifyBcrypt(text: string, password: string): Promise<boolean> {
  return verify(password, text)
}
