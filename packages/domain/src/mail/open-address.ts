import { unseal, type SecretRings } from '../secret-key/index.ts'
import type { QueuedMail } from './mail.ts'

/** The address that a mail was queued for; undefined when it goes to the user's own. */
export function openAddress(
  { secrets }: { readonly secrets: SecretRings },
  mail: Pick<QueuedMail, 'id' | 'address' | 'dataKeyVersion'>,
): string | undefined {
  if (mail.address === null || mail.dataKeyVersion === null) return undefined
  const key = secrets.of('data').byVersion(mail.dataKeyVersion)
  if (key === undefined) throw new Error(`Data key ${mail.dataKeyVersion} is not loaded.`)
  return unseal(key, mail.address, mail.id).toString()
}
