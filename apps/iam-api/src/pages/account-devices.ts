import type { ListedDevice } from '@iam/domain/account'
import { momentIn } from './device-words.ts'
import { form } from './fields.ts'
import { html, type Html } from './html.ts'
import type { SignedInVisit } from './visit.ts'

/** The devices that apps of the person have registered, with what revokes each; nothing for who has none. */
export function devicesSection(visit: SignedInVisit, devices: readonly ListedDevice[]): Html | false {
  if (devices.length === 0) return false
  const { title, lead } = visit.words.account.devices
  return html`<section aria-labelledby="devices"><h2 id="devices">${title}</h2>
<p class="hint">${lead}</p>
<ul class="rows">${devices.map((each) => deviceRow(visit, each))}</ul>
</section>`
}

function deviceRow(visit: SignedInVisit, { id, name, trust, lastUsedAt }: ListedDevice): Html {
  const { words, base, locale } = visit
  const { devices, unknownDevice, lastSeen } = words.account
  const what = name ?? unknownDevice
  const removing = {
    action: `${base}/account/devices/revoke`,
    submit: devices.remove,
    kind: 'quiet small',
    label: `${devices.remove}: ${what}`,
  }
  const device = html`<input type="hidden" name="device" value="${id}">`
  return html`<li class="row"><div>
<p><bdi>${what}</bdi>${trust === 'trusted' && html` <span class="tag good">${devices.trusted}</span>`}</p>
<p class="what">${lastSeen(momentIn(locale, lastUsedAt))}</p></div>
${form(visit, removing, device)}</li>`
}
