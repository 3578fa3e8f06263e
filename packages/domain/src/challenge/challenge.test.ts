import { inOneFlight, inTenant, run } from '@iam/domain/db'
import { addPerson, openWorld, type World } from '@iam/testkit/world'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import {
  browserBinding,
  challengeKinds,
  consumeChallenge,
  countWrongAnswer,
  issueChallenge,
  mostWrongAnswers,
  readChallenge,
  useChallenge,
  voidChallenges,
  webAuthnBytes,
  type ChallengeKind,
  type IssueChallenge,
} from './index.ts'

describe('a challenge', () => {
  let world: World
  let userId: `usr_${string}`
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    userId = (await addPerson(world, { tenantId: world.acme, email: 'hopper@acme.example' })).userId
  })
  afterAll(() => world.close())

  const issue = async (given: Partial<IssueChallenge> = {}) => {
    const issued = issueChallenge(world, { tenantId: world.acme, kind: 'second_factor', userId, ...given })
    await inOneFlight(world.db, { tenantId: world.acme }, [issued.insert])
    return issued
  }
  const read = (
    token: string,
    given: { kinds?: ChallengeKind[]; tenantId?: `ten_${string}`; binding?: Buffer } = {},
  ) => readChallenge(world, { tenantId: world.acme, token, kinds: ['second_factor'], ...given })
  const invalid = { code: 'challenge_invalid' }

  test('is found by its token, with what was proved so far, as often as it is looked for', async () => {
    const { challenge, token } = await issue({ facts: { amr: ['pwd'] } })
    for (let n = 0; n < 3; n += 1) expect(await read(token)).toEqual(challenge)
    expect(token).toMatch(/^mlc_[0-9A-Za-z]{132}$/)
  })

  test('C154: leaves nothing at rest that opens anything', async () => {
    const { challenge, token } = await issue()
    const row = await world.admin
      .selectFrom('iam.challenge')
      .selectAll()
      .where('id', '=', challenge.id)
      .executeTakeFirstOrThrow()
    expect(JSON.stringify(row)).not.toContain(token)
    const bytes = webAuthnBytes(world, challenge)
    expect(bytes).toHaveLength(32)
    expect(webAuthnBytes(world, challenge)).toEqual(bytes)
    const all = Object.values(row).filter((value): value is Buffer => value instanceof Buffer)
    expect(all.some((value) => value.includes(bytes))).toBe(false)
  })

  test('C189: is taken for its own kind and tenant alone', async () => {
    const { token } = await issue()
    const others = (Object.keys(challengeKinds) as ChallengeKind[]).filter((kind) => kind !== 'second_factor')
    await expect(read(token, { kinds: others })).rejects.toMatchObject(invalid)
    await expect(read(token, { tenantId: world.globex })).rejects.toMatchObject(invalid)
    expect((await read(token, { kinds: [...others, 'second_factor'] })).kind).toBe('second_factor')
  })

  test('is none when any character of its token is another', async () => {
    const { token } = await issue()
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom('0', 'A', 'z', '_', ' '),
        async (at, letter) => {
          fc.pre(token[at] !== letter)
          const other = token.slice(0, at) + letter + token.slice(at + 1)
          await expect(read(other)).rejects.toMatchObject(invalid)
        },
      ),
      { numRuns: 100 },
    )
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        await expect(read(text)).rejects.toMatchObject(invalid)
      }),
    )
  })

  test('C196: is answered by the browser that it is bound to, and by no other', async () => {
    const mine = browserBinding(Buffer.from('my form key'))
    const theirs = browserBinding(Buffer.from('another form key'))
    const bound = await issue({ binding: mine })
    expect((await read(bound.token, { binding: mine })).id).toBe(bound.challenge.id)
    await expect(read(bound.token, { binding: theirs })).rejects.toMatchObject(invalid)
    await expect(read(bound.token)).rejects.toMatchObject(invalid)
    const { token } = await issue()
    await expect(read(token, { binding: mine })).rejects.toMatchObject(invalid)
  })

  const atOnce = 50

  test('C196: is used up by one of fifty who answer at once, in a flight and in a transaction', async () => {
    const { tenantId, id } = (await issue()).challenge
    const now = world.clock()
    const flights = await Promise.allSettled(
      Array.from({ length: atOnce }, () =>
        inOneFlight(world.db, { tenantId }, [useChallenge({ tenantId, id, now })]),
      ),
    )
    const lost = flights.filter((flight) => flight.status === 'rejected')
    expect(lost).toHaveLength(atOnce - 1)
    expect(lost.every(({ reason }) => (reason as { code?: string }).code === 'IAM02')).toBe(true)
    const other = (await issue()).challenge
    const rows = await Promise.all(
      Array.from({ length: atOnce }, () =>
        inTenant(world.db, { tenantId }, (tx) => run(tx, consumeChallenge({ ...other, now }))),
      ),
    )
    expect(rows.flat()).toHaveLength(1)
  })

  test('a flight that fails to use it leaves nothing else behind', async () => {
    const used = await issue()
    const { tenantId } = used.challenge
    const use = useChallenge({ ...used.challenge, now: world.clock() })
    await inOneFlight(world.db, { tenantId }, [use])
    const another = issueChallenge(world, { tenantId, kind: 'second_factor', userId })
    await expect(inOneFlight(world.db, { tenantId }, [another.insert, use])).rejects.toMatchObject({
      code: 'IAM02',
    })
    await expect(read(another.token)).rejects.toMatchObject(invalid)
    await expect(read(used.token)).rejects.toMatchObject(invalid)
  })

  test('C186: is void after so many wrong answers', async () => {
    const { challenge, token } = await issue()
    for (let n = 0; n < mostWrongAnswers; n += 1) {
      expect((await read(token)).id).toBe(challenge.id)
      await inOneFlight(world.db, challenge, [countWrongAnswer(challenge)])
    }
    await expect(read(token)).rejects.toMatchObject(invalid)
    const use = useChallenge({ ...challenge, now: world.clock() })
    await expect(inOneFlight(world.db, challenge, [use])).rejects.toMatchObject({ code: 'IAM02' })
  })

  test('is void once its person’s password or factors are others', async () => {
    const { challenge, token } = await issue()
    await inOneFlight(world.db, challenge, [
      voidChallenges({ tenantId: challenge.tenantId, userId, at: world.clock() }),
    ])
    await expect(read(token)).rejects.toMatchObject(invalid)
  })

  test.each(Object.entries(challengeKinds) as [ChallengeKind, number][])(
    'C196: of the kind %s can be answered for %d seconds',
    async (kind, seconds) => {
      const { token } = await issue({ kind })
      await world.testClock.advance(seconds - 30)
      expect((await read(token, { kinds: [kind] })).kind).toBe(kind)
      await world.testClock.advance(30)
      await expect(read(token, { kinds: [kind] })).rejects.toMatchObject(invalid)
    },
  )
})
