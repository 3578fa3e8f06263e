import { type Stack, startStack } from '@iam/local-stack/stack'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withCheapHashes } from '../support/cheap-hashes.ts'
import { post } from '../support/client.ts'

interface Mail {
  readonly subject: string
  readonly text: string
  readonly headers: readonly { name: string; value: string }[]
}

/** From a request to the mailbox and back: iam-api queues, iam-worker writes, a mail server takes it. */
let stack: Stack
beforeAll(async () => {
  stack = await startStack({ adjust: withCheapHashes })
})
afterAll(() => stack.stop())

async function mailTo(address: string, subject: RegExp): Promise<Mail> {
  const url = `${stack.state.mail.url}/messages?to=${encodeURIComponent(address)}`
  const find = async () =>
    ((await (await fetch(url)).json()) as Mail[]).find((mail) => subject.test(mail.subject))
  await expect.poll(find, { timeout: 90_000 }).toBeDefined()
  return (await find()) as Mail
}

function tokenIn({ text }: Mail): string {
  const link = /https?:\S+/.exec(text)?.[0] ?? ''
  expect(new URL(link).origin).toBe(new URL(stack.state.issuer).origin)
  return new URL(link).searchParams.get('token') ?? ''
}

test('registers, confirms the address and chooses another password by the mails alone', async () => {
  const { issuer, tenant } = stack.state
  const email = 'newcomer@example.com'
  const call = (path: string, body: object, headers: Record<string, string> = {}) =>
    post(issuer, path, body, { 'x-tenant-id': tenant.slug, ...headers })
  const password = 'a password that is long enough'
  expect(
    (await call('/auth/register', { email, password }, { 'accept-language': 'fr-CH, en;q=0.5' })).status,
  ).toBe(202)
  const verification = await mailTo(email, /^Confirmez/)
  expect(verification.headers).toContainEqual({ name: 'content-language', value: 'fr' })
  expect((await call('/auth/verify-email', { token: tokenIn(verification) })).status).toBe(204)

  expect((await call('/auth/password/reset/request', { email })).status).toBe(202)
  const token = tokenIn(await mailTo(email, /nouveau mot de passe/))
  const another = 'another password, long enough'
  expect((await call('/auth/password/reset/confirm', { token, password: 'short' })).status).toBe(422)
  expect((await call('/auth/password/reset/confirm', { token, password: another })).status).toBe(204)
  expect((await call('/auth/password/reset/confirm', { token, password: another })).body).toMatchObject({
    code: 'code_invalid',
  })
  expect((await call('/auth/login', { email, password })).status).toBe(401)
  expect((await call('/auth/login', { email, password: another })).status).toBe(200)
  await mailTo(email, /modifié/)
})
