import type { StackState } from '@iam/local-stack/stack'
import { vi } from 'vitest'

/** What a mail that signs in holds. */
export interface LinkMail {
  readonly link: string
  readonly token: string
  /** As it is spelt in the mail: two groups of four digits. */
  readonly code: string
}

/** The texts of the mails that came to an address, the newest first. */
export async function mailsTo({ mail }: Pick<StackState, 'mail'>, address: string): Promise<string[]> {
  const url = `${mail.url}/messages?to=${encodeURIComponent(address)}`
  const mails = (await (await fetch(url)).json()) as { readonly text: string }[]
  return mails.map(({ text }) => text)
}

/** Waits for the newest mail to an address that signs in. @param known links that came before. */
export async function linkMailTo(
  state: Pick<StackState, 'mail'>,
  address: string,
  known: readonly string[] = [],
): Promise<LinkMail> {
  const find = async () => {
    const texts = await mailsTo(state, address)
    return texts
      .map((text) => ({
        link: /https?:\S+\/magic-link\?\S+/.exec(text)?.[0] ?? '',
        code: /\d{4} \d{4}/.exec(text)?.[0] ?? '',
      }))
      .find(({ link }) => link !== '' && !known.includes(link))
  }
  // A mail that could not be sent is tried again half a minute later.
  const found = await vi.waitUntil(find, { timeout: 90_000, interval: 100 })
  if (found === undefined) throw new Error('No mail came.')
  return { ...found, token: new URL(found.link).searchParams.get('token') ?? '' }
}
