import type { View } from './answer.ts'
import { html } from './html.ts'
import type { Visit } from './visit.ts'

/** In place of a form that asks for a password, where nobody of the tenant has one. */
export function passwordsOff({ words, base, session }: Visit): View {
  const { title } = words.signIn
  const back = html`<p class="more"><a href="${base}/account">${words.account.back}</a></p>`
  return {
    title,
    content: html`<h1>${title}</h1><p class="lead">${words.faults.passwords_off}</p>${session !== undefined && back}`,
  }
}
