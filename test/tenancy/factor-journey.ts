import {
  consumeChallenge,
  countWrongAnswer,
  readChallenge,
  useChallenge,
  voidChallenges,
} from '@iam/domain/challenge'
import { inOneFlight } from '@iam/domain/db'
import { newId, Refusal } from '@iam/domain/kit'
import { markOpened, type EarlierRisk } from '@iam/domain/risk'
import { logInWithPassword } from '@iam/domain/session'
import { addPerson, type World } from '@iam/testkit/world'

/**
 * What people with a second factor do. The last to log in, and after a wrong password: what a login reads of factors
 * and of failures then finds some.
 */
export async function travelAsHolderOfFactors(world: World): Promise<void> {
  const { acme: tenantId, clock, origin, demo } = world
  const { userId, email } = await addPerson(world, { tenantId, email: 'hamilton@acme.example' })
  const logIn = (password: string = demo.password) =>
    logInWithPassword(world, { tenantId, email, password, origin })
  await logIn()
  await world.admin
    .insertInto('iam.factor')
    .values({
      tenant_id: tenantId,
      id: newId('mfa', clock()),
      user_id: userId,
      kind: 'totp',
      created_at: clock(),
      confirmed_at: clock(),
    })
    .execute()
  const challenged = async () => {
    const refused: unknown = await logIn().catch((error: unknown) => error)
    if (!(refused instanceof Refusal)) throw new Error('Nobody was asked for a second factor.')
    const token = refused.challenge?.id ?? ''
    return readChallenge(world, { tenantId, token, kinds: ['second_factor'] })
  }
  const [first, second] = [await challenged(), await challenged()]
  const now = clock()
  const { risk } = first.facts as { risk: EarlierRisk }
  await inOneFlight(world.db, { tenantId }, [
    countWrongAnswer(first),
    consumeChallenge({ ...first, now }),
    useChallenge({ ...second, now }),
    markOpened({ tenantId, id: risk.id, sessionId: newId('ses', now), at: now }),
    voidChallenges({ tenantId, userId, at: now }),
  ])
  await logIn('wrong').catch(() => undefined)
  await challenged()
}
