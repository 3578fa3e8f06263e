import { verifyAccessToken } from '@iam/domain/access-token'
import { listDevices, revokeDevice, trustDevice } from '@iam/domain/account'
import { beginDeviceProof } from '@iam/domain/device'
import { Refusal } from '@iam/domain/kit'
import { SoftDevice } from '@iam/testkit/device'
import {
  addPerson,
  auditOf,
  eventsOf,
  holdDevice,
  holdPasskey,
  openDeviceCall,
  openWorld,
  setPolicy,
  type World,
} from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { checkSession, logInWithPassword, logOutEverywhere, proveDevice, refreshSession } from './index.ts'

type Call = Awaited<ReturnType<typeof openDeviceCall>>
type Held = Awaited<ReturnType<typeof holdDevice>>

let world: World
beforeAll(async () => {
  world = await openWorld(inject('services'))
})
afterAll(() => world.close())

let people = 0
const person = (tenantId = world.acme) =>
  addPerson(world, { tenantId, email: `p${(people += 1)}@devices.example` })
const holder = async (device?: SoftDevice) => {
  const { email } = await person()
  const call = await openDeviceCall(world, { tenantId: world.acme, email })
  return { email, call, ...(await holdDevice(world, call, device)) }
}

async function proofIn(call: Call, { deviceId, device }: Held) {
  const { tenantId, userId, sessionId } = call
  const { challenge } = await beginDeviceProof(world, { tenantId, deviceId, session: { userId, sessionId } })
  return { challenge, signature: device.proof(challenge, { tenantId, deviceId }) }
}
async function proofForLogin({ deviceId, device }: Held, tenantId = world.acme) {
  const { challenge } = await beginDeviceProof(world, { tenantId, deviceId })
  return { challenge, signature: device.proof(challenge, { tenantId, deviceId }) }
}
const logIn = (email: string, deviceProof?: { challenge: string; signature: string }) => {
  const { acme: tenantId, demo, origin } = world
  const login = { tenantId, email, password: demo.password, origin }
  return logInWithPassword(world, deviceProof === undefined ? login : { ...login, deviceProof })
}
const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  const error: unknown = await promise.then(
    () => 'nothing',
    (refused: unknown) => refused,
  )
  return error instanceof Refusal ? error.code : String(error)
}

describe('the device that a session is on', () => {
  test('says nothing of the person: after a theft a session has to be proved anew all the same', async () => {
    const eve = await holder()
    const { tenantId, userId } = eve.call
    const stepUp = world.admin
      .updateTable('iam.user')
      .set({ step_up_since: new Date(world.clock().getTime() + 60_000) })
    await stepUp.where('tenant_id', '=', tenantId).where('id', '=', userId).execute()
    const raised = await proveDevice(world, { ...eve.call, proof: await proofIn(eve.call, eve) })
    expect(verifyAccessToken(world, raised.accessToken)).toMatchObject({ amr: ['pwd', 'pop'], acr: '0' })
  })

  test.each(['Ed25519', 'P-256'] as const)(
    '%s: is proved: pop in amr, no stronger and no newer',
    async (kind) => {
      const ada = await holder(new SoftDevice(kind))
      const before = await checkSession(world, ada.call)
      await world.testClock.advance(30)
      const raised = await proveDevice(world, { ...ada.call, proof: await proofIn(ada.call, ada) })
      const token = verifyAccessToken(world, raised.accessToken)
      expect(token).toMatchObject({ amr: ['pwd', 'pop'], acr: 'aal1', authTime: ada.call.login.authTime })
      expect(await checkSession(world, ada.call)).toMatchObject({
        amr: ['pwd', 'pop'],
        acr: before.acr,
        authTime: before.authTime,
      })
      expect((await auditOf(world, ada.deviceId)).at(-1)).toBe('device.proved')
      const again = await proveDevice(world, { ...ada.call, proof: await proofIn(ada.call, ada) })
      expect(verifyAccessToken(world, again.accessToken).amr).toEqual(['pwd', 'pop'])
    },
  )

  test('is what the tokens of later refreshes say', async () => {
    const { email } = await person()
    const opened = await logIn(email)
    const { userId, grantId, amr, authTime } = verifyAccessToken(world, opened.accessToken)
    const { acme: tenantId, origin } = world
    const call = { tenantId, userId, grantId, sessionId: opened.session.id, login: { amr, authTime }, origin }
    const held = await holdDevice(world, call)
    await proveDevice(world, { ...call, proof: await proofIn(call, held) })
    const { refreshToken } = opened
    const refreshed = await refreshSession(world, { refreshToken, origin })
    expect(verifyAccessToken(world, refreshed.accessToken).amr).toEqual(['pwd', 'pop'])
  })

  test('C196: a challenge is answered once, by one of ten', async () => {
    const ada = await holder()
    const proof = await proofIn(ada.call, ada)
    const codes = await Promise.all(
      Array.from({ length: 10 }, () => codeOf(proveDevice(world, { ...ada.call, proof }))),
    )
    expect(codes.toSorted()).toEqual([...Array<string>(9).fill('challenge_invalid'), 'nothing'])
    expect(await codeOf(proveDevice(world, { ...ada.call, proof }))).toBe('challenge_invalid')
  })

  test('C196: a challenge of another session, person, tenant or time, or of a login, is none', async () => {
    const [ada, eve] = [await holder(), await holder()]
    const elsewhere = await openDeviceCall(world, { tenantId: world.acme, email: ada.email })
    const proof = await proofIn(ada.call, ada)
    const given: Partial<Call>[] = [
      { sessionId: elsewhere.sessionId, grantId: elsewhere.grantId },
      { userId: eve.call.userId },
      { tenantId: world.globex },
    ]
    for (const one of given) {
      expect(await codeOf(proveDevice(world, { ...ada.call, ...one, proof }))).toBe('challenge_invalid')
    }
    expect(await codeOf(proveDevice(world, { ...ada.call, proof: await proofForLogin(ada) }))).toBe(
      'challenge_invalid',
    )
    expect(await codeOf(logIn(ada.email, proof))).toBe('challenge_invalid')
    const asked = beginDeviceProof(world, {
      tenantId: world.acme,
      deviceId: ada.deviceId,
      session: eve.call,
    })
    expect(await codeOf(asked)).toBe('not_found')
    await world.testClock.advance(301)
    expect(await codeOf(proveDevice(world, { ...ada.call, proof }))).toBe('challenge_invalid')
  })

  test('is proved by its own key over exactly this challenge, in five tries', async () => {
    const [ada, other] = [await holder(), await holder()]
    const { challenge, signature } = await proofIn(ada.call, ada)
    const name = { tenantId: world.acme, deviceId: ada.deviceId }
    const text = ['iam/device-proof/v1', world.acme, ada.deviceId, challenge].join('\0')
    const second = await proofIn(ada.call, ada)
    const wrong = [
      other.device.proof(challenge, name),
      ada.device.proof(challenge, { ...name, tenantId: world.globex }),
      ada.device.proof(challenge, { ...name, deviceId: other.deviceId }),
      second.signature,
      ada.device.sign(text, 'der'),
    ]
    for (const each of wrong) {
      const refused = proveDevice(world, { ...ada.call, proof: { challenge, signature: each } })
      expect(await codeOf(refused)).toBe('device_invalid')
      expect((await auditOf(world, ada.deviceId)).at(-1)).toBe('device.refused: signature_wrong')
    }
    expect(await codeOf(proveDevice(world, { ...ada.call, proof: { challenge, signature } }))).toBe(
      'challenge_invalid',
    )
    expect(await codeOf(proveDevice(world, { ...ada.call, proof: second }))).toBe('nothing')
  })

  test('is no revoked one, and is one device', async () => {
    const ada = await holder()
    const elsewhere = await openDeviceCall(world, { tenantId: world.acme, email: ada.email })
    const proof = await proofIn(elsewhere, ada)
    const second = await holdDevice(world, elsewhere)
    expect(await codeOf(proveDevice(world, { ...elsewhere, proof }))).toBe('wrong_state')
    await revokeDevice(world, { ...ada.call, deviceId: ada.deviceId })
    expect(await codeOf(proveDevice(world, { ...elsewhere, proof }))).toBe('challenge_invalid')
    expect(await codeOf(proofIn(elsewhere, ada))).toBe('not_found')
    expect(await codeOf(proveDevice(world, { ...elsewhere, proof: await proofIn(elsewhere, second) }))).toBe(
      'nothing',
    )
  })

  test('ends with its revocation whoever is quicker: no session is left on a revoked device', async () => {
    for (let n = 0; n < 10; n += 1) {
      const ada = await holder()
      const elsewhere = await openDeviceCall(world, { tenantId: world.acme, email: ada.email })
      const [proof, login] = [await proofIn(elsewhere, ada), await proofForLogin(ada)]
      const [, , revoked] = await Promise.allSettled([
        proveDevice(world, { ...elsewhere, proof }),
        logIn(ada.email, login),
        revokeDevice(world, { ...ada.call, deviceId: ada.deviceId }),
      ])
      expect(revoked.status).toBe('fulfilled')
      const open = await world.admin
        .selectFrom('iam.session')
        .select('id')
        .where('proved_device', '=', ada.deviceId)
        .where('revoked_at', 'is', null)
        .execute()
      expect(open).toEqual([])
    }
  })
})

describe('a login on a registered device', () => {
  /** Somebody with a passkey who trusts the device that they are on. */
  async function trusting() {
    const ada = await holder()
    await holdPasskey(world, ada.call)
    const strong = { amr: ['hwk', 'user', 'mfa'], authTime: Math.floor(world.clock().getTime() / 1000) }
    const trust = () => trustDevice(world, { ...ada.call, deviceId: ada.deviceId, login: strong })
    return { ...ada, strong, trust }
  }
  const onIt = async (ada: Held & { email: string }) => codeOf(logIn(ada.email, await proofForLogin(ada)))

  test('is on it: pop in amr, and it ends with the device', async () => {
    const ada = await holder()
    const opened = await logIn(ada.email, await proofForLogin(ada))
    const token = verifyAccessToken(world, opened.accessToken)
    expect(token).toMatchObject({ amr: ['pwd', 'pop'], acr: 'aal1' })
    await revokeDevice(world, { ...ada.call, deviceId: ada.deviceId })
    expect(await codeOf(checkSession(world, token))).toBe('session_ended')
  })

  test('C193: is asked for no second factor on a trusted one, and on no other', async () => {
    const ada = await trusting()
    expect(await onIt(ada)).toBe('mfa_required')
    await ada.trust()
    expect((await auditOf(world, ada.deviceId)).at(-1)).toBe('device.trusted')
    expect(await onIt(ada)).toBe('nothing')
    expect(await codeOf(logIn(ada.email))).toBe('mfa_required')
    const eve = await holder()
    expect(await codeOf(logIn(ada.email, await proofForLogin(eve)))).toBe('device_invalid')
    const there = await openDeviceCall(world, await person(world.globex))
    const foreign = await holdDevice(world, there)
    expect(await codeOf(logIn(ada.email, await proofForLogin(foreign)))).toBe('device_invalid')
    expect(await codeOf(logIn(ada.email, await proofForLogin(foreign, world.globex)))).toBe(
      'challenge_invalid',
    )
  })

  test('C193: is asked again when factors, password or the end of trust are others, or the days are over', async () => {
    const byFactor = await trusting()
    await byFactor.trust()
    const shown = async () => (await listDevices(world, byFactor.call)).map(({ trust }) => trust)
    expect(await shown()).toEqual(['trusted'])
    await holdPasskey(world, byFactor.call)
    expect(await onIt(byFactor)).toBe('mfa_required')
    expect(await shown()).toEqual(['known'])
    const byPassword = await trusting()
    await byPassword.trust()
    await world.admin
      .updateTable('iam.credential')
      .set({ changed_at: world.clock() })
      .where('user_id', '=', byPassword.call.userId)
      .execute()
    expect(await onIt(byPassword)).toBe('mfa_required')
    const byEnd = await trusting()
    await byEnd.trust()
    await logOutEverywhere(world, byEnd.call)
    expect(await onIt(byEnd)).toBe('mfa_required')
    const byTime = await trusting()
    await byTime.trust()
    await setPolicy(world, { trustedDeviceDays: 1 })
    expect(await onIt(byTime)).toBe('nothing')
    await world.testClock.advance(86_401)
    expect(await onIt(byTime)).toBe('mfa_required')
    await setPolicy(world, {})
  })

  test('C193: is trusted by who just showed a second factor, on the device itself', async () => {
    const ada = await trusting()
    const call = { ...ada.call, deviceId: ada.deviceId, login: ada.strong }
    const weak = { ...call, login: ada.call.login }
    expect(await codeOf(trustDevice(world, weak))).toBe('reauthentication_required')
    const old = { ...call, login: { ...ada.strong, authTime: ada.strong.authTime - 301 } }
    expect(await codeOf(trustDevice(world, old))).toBe('reauthentication_required')
    const elsewhere = await openDeviceElsewhere(ada.email)
    expect(await codeOf(trustDevice(world, { ...call, ...elsewhere, login: ada.strong }))).toBe('not_found')
    await setPolicy(world, { trustedDeviceDays: 0 })
    expect(await codeOf(ada.trust())).toBe('not_allowed')
    await setPolicy(world, {})
    expect(await codeOf(ada.trust())).toBe('nothing')
    const bare = await holder()
    const login = { ...ada.strong }
    expect(await codeOf(trustDevice(world, { ...bare.call, deviceId: bare.deviceId, login }))).toBe(
      'wrong_state',
    )
  })

  /** Another session of somebody with a second factor: on no device. */
  async function openDeviceElsewhere(email: string) {
    await setPolicy(world, { mfa: 'off' })
    const { sessionId } = await openDeviceCall(world, { tenantId: world.acme, email })
    await setPolicy(world, {})
    return { sessionId }
  }

  test('C196: a proof is used up once: by a session, or by asking for the second step', async () => {
    const ada = await holder()
    const proof = await proofForLogin(ada)
    const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf(logIn(ada.email, proof))))
    expect(codes.toSorted()).toEqual([...Array<string>(4).fill('challenge_invalid'), 'nothing'])
    const asked = await trusting()
    const once = await proofForLogin(asked)
    expect(await codeOf(logIn(asked.email, once))).toBe('mfa_required')
    await asked.trust()
    expect(await codeOf(logIn(asked.email, once))).toBe('challenge_invalid')
  })

  test('is looked up by nobody: a challenge is given for every device alike', async () => {
    const [ada, revoked] = [await holder(), await holder()]
    await revokeDevice(world, { ...revoked.call, deviceId: revoked.deviceId })
    const [mine, theirs, nobodys] = await Promise.all(
      [ada.deviceId, revoked.deviceId, 'dev_01BX5ZZKBKACTAV9WEVGEMMVRZ' as const].map((deviceId) =>
        beginDeviceProof(world, { tenantId: world.acme, deviceId }),
      ),
    )
    expect(theirs?.challenge).toHaveLength(mine?.challenge.length ?? 0)
    expect(nobodys?.challenge).toHaveLength(mine?.challenge.length ?? 0)
    const signature = revoked.device.proof(theirs?.challenge ?? '', {
      tenantId: world.acme,
      deviceId: revoked.deviceId,
    })
    const late = logIn(revoked.email, { challenge: theirs?.challenge ?? '', signature })
    expect(await codeOf(late)).toBe('device_invalid')
    expect((await auditOf(world, revoked.call.userId)).slice(-2)).toEqual([
      'device.refused: not_standing',
      'user.login_failed: device_invalid',
    ])
    expect((await eventsOf(world, world.acme, revoked.call.userId)).at(-1)).toMatchObject({
      type: 'user.login_failed',
      payload: { reason: 'device_invalid' },
    })
  })
})
