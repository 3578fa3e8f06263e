import {
  addTotp,
  confirmTotp,
  listDevices,
  listFactors,
  removeFactor,
  renameDevice,
  renameFactor,
  renewRecoveryCodes,
  revokeDevice,
  trustDevice,
} from '@iam/domain/account'
import {
  consumeChallenge,
  countWrongAnswer,
  readChallenge,
  useChallenge,
  voidChallenges,
} from '@iam/domain/challenge'
import { inOneFlight } from '@iam/domain/db'
import { beginDeviceProof } from '@iam/domain/device'
import { newId, Refusal } from '@iam/domain/kit'
import { beginPasskeyLogin } from '@iam/domain/passkey'
import { markOpened, type EarlierRisk } from '@iam/domain/risk'
import { logInWithFactor, logInWithPasskey, logInWithPassword, proveDevice } from '@iam/domain/session'
import {
  addPerson,
  holdDevice,
  holdPasskey,
  openDeviceCall,
  type Holding,
  type World,
} from '@iam/testkit/world'
import { Authenticator } from '../support/authenticator.ts'

/**
 * What people with a second factor do. The last to log in, and after a wrong password: what a login reads of factors
 * and of failures then finds some.
 */
export async function travelAsHolderOfFactors(world: World): Promise<void> {
  const { acme: tenantId, origin, demo } = world
  const { userId, email } = await addPerson(world, { tenantId, email: 'hamilton@acme.example' })
  const logIn = (password: string = demo.password) =>
    logInWithPassword(world, { tenantId, email, password, origin })
  const challenged = async () => {
    const refused: unknown = await logIn().catch((error: unknown) => error)
    return refused instanceof Refusal ? (refused.challenge?.id ?? '') : ''
  }
  const verify = async (answer: { code: string } | { recoveryCode: string }) =>
    logInWithFactor(world, { tenantId, challenge: await challenged(), answer, origin })
  await logIn()
  await travelWithDevice(world, { tenantId, email })
  const { app, recoveryCode } = await holdFactor(world, userId)
  await world.testClock.advance(60)
  await verify({ code: app.code() })
  await verify({ recoveryCode })
  await trustOwnDevice(world, userId)
  await answerOtherwise(world, { userId, tokens: [await challenged(), await challenged()] })
  await travelWithPasskey(world, { tenantId, userId })
  await logIn('wrong').catch(() => undefined)
  // Left usable, so that what looks for challenges, factors and what waits to be confirmed finds some.
  await verify({ code: app.wrongCode() }).catch(() => undefined)
}

async function holdFactor(world: World, userId: `usr_${string}`) {
  const { acme: tenantId, origin, clock } = world
  const login = () => ({ amr: ['pwd', 'otp', 'mfa'], authTime: Math.floor(clock().getTime() / 1000) })
  const grantId = newId('grt', clock())
  const sessionId = newId('ses', clock())
  const call = () => ({ tenantId, userId, sessionId, grantId, login: login(), origin })
  const add = async () => {
    const { id: factorId, secret } = await addTotp(world, { ...call(), name: 'my phone' })
    const app = new Authenticator(secret, clock)
    return { factorId, app }
  }
  const first = await add()
  await confirmTotp(world, { ...call(), factorId: first.factorId, code: first.app.code() })
  await renameFactor(world, { ...call(), factorId: first.factorId, name: 'the old phone' })
  await removeFactor(world, { ...call(), factorId: first.factorId })
  const { factorId, app } = await add()
  await confirmTotp(world, { ...call(), factorId, code: app.code() })
  const [recoveryCode = ''] = await renewRecoveryCodes(world, call())
  await listFactors(world, { tenantId, userId })
  const waiting = await add()
  await confirmTotp(world, { ...call(), factorId: waiting.factorId, code: app.wrongCode() }).catch(
    () => undefined,
  )
  return { app, recoveryCode }
}

async function answerOtherwise(
  world: World,
  { userId, tokens }: { userId: `usr_${string}`; tokens: readonly string[] },
): Promise<void> {
  const { acme: tenantId } = world
  const read = (token = '') => readChallenge(world, { tenantId, token, kinds: ['second_factor'] })
  const [first, second] = [await read(tokens[0]), await read(tokens[1])]
  const now = world.clock()
  const { risk } = first.facts as { risk: EarlierRisk }
  await inOneFlight(world.db, { tenantId }, [
    countWrongAnswer(first),
    consumeChallenge({ ...first, now }),
    useChallenge({ ...second, now }),
    markOpened({ tenantId, id: risk.id, sessionId: newId('ses', now), at: now }),
    voidChallenges({ tenantId, userId, at: now }),
  ])
}

/** Adds a passkey and logs in by it; it stays, so that what looks for passkeys finds one. */
async function travelWithPasskey(world: World, person: Holding): Promise<void> {
  const { origin } = world
  const { tenantId } = person
  const { authenticator } = await holdPasskey(world, person)
  const { challenge, options } = await beginPasskeyLogin(world, { tenantId })
  const assertion = authenticator.get(options)
  await logInWithPasskey(world, { tenantId, challenge, assertion, origin })
}

/** Registers devices in two sessions; one of each is left, so that what looks for either finds one. */
async function travelWithDevice(
  world: World,
  person: { readonly tenantId: `ten_${string}`; readonly email: string },
): Promise<void> {
  const [call, other] = [await openDeviceCall(world, person), await openDeviceCall(world, person)]
  const { deviceId } = await holdDevice(world, call)
  const left = await holdDevice(world, other)
  await renameDevice(world, { ...call, deviceId, name: 'my tablet' })
  const { tenantId } = person
  const prove = async (session: typeof call | undefined) => {
    const { challenge } = await beginDeviceProof(world, { tenantId, deviceId: left.deviceId, session })
    const signature = left.device.proof(challenge, { tenantId, deviceId: left.deviceId })
    return { challenge, signature }
  }
  await proveDevice(world, { ...other, proof: await prove(other) })
  const { password, origin } = { ...world.demo, ...world }
  await logInWithPassword(world, { ...person, password, deviceProof: await prove(undefined), origin })
  await revokeDevice(world, { ...call, deviceId })
  await renameDevice(world, { ...other, deviceId: left.deviceId, name: 'my telephone' })
  await listDevices(world, call)
}

/** Trusts the device that is left, by a second factor. */
async function trustOwnDevice(world: World, userId: `usr_${string}`): Promise<void> {
  const { acme: tenantId, origin } = world
  const [device] = await listDevices(world, { tenantId, userId })
  const [session] = await world.admin
    .selectFrom('iam.session')
    .select('id')
    .where('proved_device', '=', device?.id ?? '')
    .where('revoked_at', 'is', null)
    .execute()
  const login = { amr: ['pwd', 'otp', 'mfa'], authTime: Math.floor(world.clock().getTime() / 1000) }
  const sessionId = (session?.id ?? 'ses_') as `ses_${string}`
  await trustDevice(world, { tenantId, userId, sessionId, deviceId: device?.id ?? 'dev_', login, origin })
}
