import { type Stack, startStack } from '@iam/local-stack/stack'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkSession, logIn, post, refresh, untilServed } from '../support/client.ts'

/** Limits as in production, behind the edge. */
describe('limits through all processes', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ limits: '1' })
  })
  afterAll(() => stack.stop())

  test('C54: of 64 parallel refreshes some may be refused for their number, and nobody is logged out', async () => {
    const { state } = stack
    const { accessToken, refreshToken } = await logIn(state)
    const present = (token: string) => untilServed(() => refresh(state, token))
    const answers = await Promise.all(Array.from({ length: 64 }, () => present(refreshToken)))
    expect(answers.filter((answer) => ![200, 429].includes(answer.status))).toEqual([])
    const successors = new Set(
      answers.filter(({ status }) => status === 200).map(({ body }) => String(body['refreshToken'])),
    )
    expect(successors.size).toBe(1)
    let token = [...successors][0] ?? ''
    for (let n = 0; n < 60; n += 1) {
      const { status, headers, body } = await present(token)
      if (status === 429) expect(headers.get('retry-after')).toBe('1')
      else token = String(body['refreshToken'])
    }
    let refused = await present(token)
    // Another period may have begun on a busy machine.
    for (; refused.status === 200; refused = await present(token))
      token = String(refused.body['refreshToken'])
    expect(refused.body).toMatchObject({ code: 'rate_limited', retriable: true })
    expect((await checkSession(state, accessToken)).status).toBe(200)
  })

  test('C241: the eleventh login of a minute is refused, whatever address its client claims to have', async () => {
    const { state } = stack
    const statuses: number[] = []
    for (let n = 0; n < 12; n += 1) {
      const { status } = await post(
        state.issuer,
        '/auth/login',
        { email: `n${n}@demo.example`, password: 'a wrong password' },
        {
          'x-tenant-id': state.tenant.id,
          'x-forwarded-for': `203.0.113.${n}`,
          forwarded: `for=203.0.113.${n}`,
        },
      )
      statuses.push(status)
    }
    expect(statuses.at(-1)).toBe(429)
    expect(new Set(statuses)).toEqual(new Set([401, 429]))
  })
})
