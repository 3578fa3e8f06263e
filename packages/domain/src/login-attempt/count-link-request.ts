import type { Standing } from '../kit/index.ts'
import { countRequest, type LimitDeps, type LimitName } from '../limit/index.ts'
import { knownDevice } from './known-device.ts'
import type { EnterLoginLane } from './login-lane.ts'

/**
 * Counts a request for a mailed link, before anything is looked up for it; known and unknown addresses are treated
 * alike. Strangers share the points of an address. A browser where the person logged in before has its own, so that
 * strangers cannot keep somebody out who has no other way in. Only what the browser keeps tells: a network and an agent
 * that others have, too, would tell them who has an account.
 * @throws Refusal `rate_limited`.
 */
export async function countLinkRequest(
  deps: LimitDeps,
  request: EnterLoginLane,
): Promise<readonly Standing[]> {
  const { tenantId, email, network, origin } = request
  const device = knownDevice(deps, request, request.device)
  const lane: { limit: LimitName; value: string } =
    device === undefined
      ? { limit: 'magic-link-address', value: email }
      : { limit: 'magic-link-device', value: device }
  const counts = [{ limit: 'magic-link', value: network } as const, lane]
  return countRequest(deps, { tenantId, origin, counts })
}
