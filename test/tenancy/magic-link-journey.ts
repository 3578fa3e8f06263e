import {
  approveMagicLink,
  checkMagicLink,
  logInBrowserWithMagicLink,
  logInWithMagicLink,
  requestMagicLink,
  viewMagicLink,
} from '@iam/domain/magic-link'
import { addPerson, deliverMails, setPolicy, tokenIn, type World } from '@iam/testkit/world'

/** What people do who come by a mailed link: in the browser that asked, by the code, and from another device. */
export async function travelAsReaderOfMail(world: World): Promise<void> {
  const { acme: tenantId, origin } = world
  const { email } = await addPerson(world, { tenantId, email: 'reader@acme.example' })
  const from = { tenantId, origin }
  await deliverMails(world)
  await setPolicy(world, { magicLinks: true })
  const ask = async () => {
    const asked = await requestMagicLink(world, { ...from, email, locale: 'en' })
    const [mail] = await deliverMails(world)
    return { ...asked, token: tokenIn(mail), code: mail?.digits ?? '' }
  }
  await ask()
  const own = await ask()
  await viewMagicLink(world, { ...from, ...own })
  await logInWithMagicLink(world, { ...from, ...own, proof: { by: 'link', token: own.token } })
  const typed = await ask()
  await logInWithMagicLink(world, { ...from, ...typed, proof: { by: 'code', code: typed.code } })
  const approved = await ask()
  await approveMagicLink(world, { ...from, ...approved, number: 'none' }).catch(() => undefined)
  await approveMagicLink(world, { ...from, ...approved })
  await world.forget()
  await checkMagicLink(world, { ...from, ...approved })
  await logInBrowserWithMagicLink(world, {
    ...from,
    ...approved,
    proof: { by: 'approval' },
    previous: undefined,
    binding: undefined,
  })
  // Left usable, so that what looks for links and for mails finds some.
  const left = await ask()
  await viewMagicLink(world, { ...from, ...left })
  await requestMagicLink(world, { ...from, email: 'nobody@acme.example', locale: 'en' })
  await setPolicy(world, {})
}
