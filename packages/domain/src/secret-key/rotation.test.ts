import {
  addPerson,
  deliverMails,
  openWorld,
  rotateSecret,
  setPolicy,
  tokenIn,
  type World,
} from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { requestPasswordReset, resetPassword } from '../account/index.ts'
import { knownDevice, rememberDevice } from '../login-attempt/index.ts'
import { logInWithMagicLink, requestMagicLink } from '../magic-link/index.ts'
import {
  checkBrowserSession,
  listSessions,
  logInBrowserWithPassword,
  logInWithPassword,
  openPreSession,
  readPreSession,
  refreshSession,
  RefreshFlights,
  type IssuedSession,
} from '../session/index.ts'
import { secretPurposes, SecretRings, type SecretPurpose } from './index.ts'

type Used = (by: World) => Promise<void>
/** Something that one instance makes, and that any other must be able to use. */
type Made = (by: World, email: string) => Promise<Used>

const tenantOf = ({ acme: tenantId }: World) => tenantId
const from = (by: World) => ({ tenantId: tenantOf(by), origin: by.origin })

function logIn(by: World, email: string, password: string = by.demo.password): Promise<IssuedSession> {
  return logInWithPassword(by, { ...from(by), email, password })
}

const everything: Readonly<Record<string, Made>> = {
  'a password': async (by, email) => {
    await logIn(by, email)
    return async (other) => void (await logIn(other, email))
  },
  'a refresh token, and the reply to it that was lost': async (by, email) => {
    const first = await logIn(by, email)
    const second = await refreshSession(by, { ...first, origin: by.origin })
    return async (other) => {
      expect((await refreshSession(other, { ...first, origin: by.origin })).refreshToken).toBe(
        second.refreshToken,
      )
      const third = await refreshSession(other, { ...second, origin: by.origin })
      expect((await refreshSession(by, { ...third, origin: by.origin })).session).toEqual(first.session)
    }
  },
  'where a session was opened, which is sealed under the person’s key': async (by, email) => {
    const { session, user } = await logIn(by, email)
    const page = { ...from(by), userId: user.id, after: undefined, limit: 10 }
    return async (other) => {
      const { items } = await listSessions(other, page)
      expect(items.find(({ id }) => id === session.id)).toMatchObject({ network: by.origin.network })
    }
  },
  'a link to sign in, and the page that waits for it': async (by, email) => {
    const { request } = await requestMagicLink(by, { ...from(by), email, locale: 'en' })
    const mail = (await deliverMails(by)).find(({ to }) => to === email)
    const proof = { by: 'link', token: tokenIn(mail) } as const
    return async (other) => void (await logInWithMagicLink(other, { ...from(by), request, proof }))
  },
  // After the one above, which has the mails delivered that wait.
  'a link to choose a new password, mailed by another': async (by, email) => {
    await requestPasswordReset(by, { ...from(by), email, locale: 'en' })
    return async (other) => {
      const mail = (await deliverMails(other)).find(({ to }) => to === email)
      const token = tokenIn(mail)
      await resetPassword(by, { ...from(by), token, password: 'a password of a later day' })
      await logIn(other, email, 'a password of a later day')
    }
  },
  'a browser’s session': async (by, email) => {
    const { password } = by.demo
    const opened = await logInBrowserWithPassword(by, { ...from(by), email, password, previous: undefined })
    const presented = { tenantId: tenantOf(by), token: opened.token }
    return async (other) => void (await checkBrowserSession(other, presented))
  },
  'a browser that is known': async (by, email) => {
    const held = rememberDevice(by, { tenantId: tenantOf(by), email }, undefined)
    return async (other) => expect(knownDevice(other, { tenantId: tenantOf(by), email }, held)).toBeDefined()
  },
  'the forms of a browser': async (by) => {
    const { token } = openPreSession(by, { tenantId: tenantOf(by), previous: undefined })
    return async (other) => expect(readPreSession(other, { tenantId: tenantOf(by), token })).toBeDefined()
  },
}

describe.each(Object.keys(secretPurposes) as SecretPurpose[])('across a rotation of %s', (purpose) => {
  let world: World
  let behind: World
  let people = 0
  /** What was made before, by whom. */
  const before = new Map<string, Used>()
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    await setPolicy(world, { magicLinks: true })
    for (const [what, make] of Object.entries(everything))
      before.set(what, await make(world, await somebody()))
    await rotateSecret(world, purpose)
    behind = lateBy(world, purpose)
    expect(versionsOf(world)).toEqual([2, 1])
    expect(versionsOf(behind)).toEqual([1, 2])
  })
  afterAll(() => world.close())

  async function somebody(): Promise<string> {
    people += 1
    const email = `p${people}@acme.example`
    await addPerson(world, { tenantId: world.acme, email })
    return email
  }

  const made = async (what: string, by: World) => everything[what]?.(by, await somebody())

  /** Fails where it cannot be used, or was never made. */
  async function used(use: Used | undefined, by: World): Promise<boolean> {
    await use?.(by)
    return use !== undefined
  }

  /** The version that makes, and the other. */
  function versionsOf({ secrets, clock }: World): number[] {
    const ring = secrets.of(purpose)
    const { version } = ring.current(clock())
    return [version, ...ring.all().flatMap((key) => (key.version === version ? [] : [key.version]))]
  }

  test.each(Object.keys(everything))('%s goes on that was made before', async (what) => {
    expect(await used(before.get(what), world)).toBe(true)
  })

  test.each(Object.keys(everything))(
    '%s of an instance that is behind goes on at one that is not',
    async (what) => {
      expect(await used(await made(what, behind), world)).toBe(true)
    },
  )

  test.each(Object.keys(everything))(
    '%s of the newest goes on at an instance that is behind',
    async (what) => {
      expect(await used(await made(what, world), behind)).toBe(true)
    },
  )
})

/** An instance that has loaded the new version, as all have before its time, and by whose clock that has not come. */
function lateBy(world: World, purpose: SecretPurpose): World {
  const secrets = new SecretRings()
  const later = new Date(world.clock().getTime() + 3_600_000)
  for (const each of Object.keys(secretPurposes) as SecretPurpose[]) {
    const keys = world.secrets.of(each).all()
    const late = (version: number) => each === purpose && version > 1
    secrets.replace(
      each,
      keys.map((key) => (late(key.version) ? { ...key, activateAt: later } : key)),
    )
  }
  return { ...world, secrets, refreshFlights: new RefreshFlights<IssuedSession>() }
}
