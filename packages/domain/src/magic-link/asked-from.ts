import type { Clock, RequestOrigin } from '../kit/index.ts'
import { seal, unseal, type SecretRings } from '../secret-key/index.ts'
import { describeAgent, type Agent } from '../session/index.ts'
import type { MagicLink } from './magic-link.ts'

type Deps = { readonly secrets: SecretRings }

/** What asked for a link, for the person to recognise. Null: it is not known. */
export interface AskedFrom {
  readonly agent: Agent
  /** The place, or, where nobody tells it, the masked network. */
  readonly place: string | null
  readonly at: Date
}

/** What asked, sealed under the deployment's data key: whose address it is was not looked up. */
export function sealAskedFrom(
  { secrets, clock }: Deps & { readonly clock: Clock },
  id: string,
  { agent, network, place }: RequestOrigin,
): Pick<MagicLink, 'askedFrom' | 'dataKeyVersion'> {
  const { version, key } = secrets.of('data').current(clock())
  const text = JSON.stringify({ agent, network, place })
  return { askedFrom: seal(key, Buffer.from(text), id), dataKeyVersion: version }
}

/** What asked for a link. Nothing is known of it when its key is gone. */
export function askedFromOf({ secrets }: Deps, link: MagicLink): AskedFrom {
  const key = secrets.of('data').byVersion(link.dataKeyVersion)
  const known = key === undefined ? {} : read(unseal(key, link.askedFrom, link.id))
  const { agent = '', network = '', place = network } = known
  return { agent: describeAgent(agent), place: place === '' ? null : place, at: link.createdAt }
}

type Sealed = { readonly agent?: string; readonly network?: string; readonly place?: string }

function read(opened: Buffer): Sealed {
  return JSON.parse(opened.toString()) as Sealed
}
