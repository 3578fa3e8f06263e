import { addPasskey, confirmPasskey, listFactors } from '@iam/domain/account'
import { mostPasskeys } from '@iam/domain/passkey'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { bindingOf } from '../http/form-token.ts'
import { originOf } from '../http/request-context.ts'
import { toJson } from '../routes/begun-json.ts'
import { goTo, show, type View } from './answer.ts'
import { recoveryCodesView } from './factor-parts.ts'
import { faultNotice, field, type Fault } from './fields.ts'
import { longestName, nameIn } from './form-values.ts'
import { html, type Html } from './html.ts'
import { passkeyForm } from './passkey-form.ts'
import { allowPasskeyScript, passkeyScriptPath } from './passkey-script.ts'
import { registrationIn } from './passkey-values.ts'
import { hidden } from './routes-are-hidden.ts'
import { recentlySignedIn } from './signed-in.ts'
import { submit } from './submit.ts'
import { formOf, type SignedInVisit } from './visit.ts'

const path = '/:slug/account/factors/passkey'

/** Adds a passkey to one's account. It takes a script: without one the page says that, and leads back. */
export function addPasskeyPage(app: App, deps: Deps): void {
  app.get(
    path,
    hidden,
    recentlySignedIn(deps, async (visit) => show(visit, await view(deps, visit))),
  )
  app.post(
    `${path}/options`,
    hidden,
    recentlySignedIn(deps, async (visit) => {
      formOf(deps, visit)
      return visit.reply.send(toJson(await addPasskey(deps, callOf(deps, visit))))
    }),
  )
  app.post(
    path,
    hidden,
    recentlySignedIn(deps, (visit) => take(deps, visit)),
  )
}

function take(deps: Deps, visit: SignedInVisit) {
  return submit(deps, visit, {
    act: async (sent) => {
      const { challenge, passkey: registration } = registrationIn(sent)
      const name = nameIn(sent) ?? undefined
      const call = { ...callOf(deps, visit), challenge, registration, name }
      const { recoveryCodes } = await confirmPasskey(deps, call)
      if (recoveryCodes === undefined) return goTo(visit, 'account/factors', { notice: 'factor_added' })
      return show(visit, recoveryCodesView(visit, { codes: recoveryCodes, next: 'account' }))
    },
    again: (_sent, fault) => view(deps, visit, fault),
    says: {
      passkey_invalid: { fault: 'passkey_refused' },
      challenge_invalid: { fault: 'passkey_late' },
      wrong_state: { fault: 'passkeys_full' },
      not_allowed: { fault: 'factors_off' },
    },
  })
}

function callOf(deps: Deps, { request, tenantId, session }: SignedInVisit) {
  const { userId, sessionId, amr, authTime } = session
  const binding = bindingOf(deps, request, { tenantId, session })
  return { tenantId, userId, sessionId, login: { amr, authTime }, binding, origin: originOf(request) }
}

async function view(deps: Deps, visit: SignedInVisit, fault?: Fault): Promise<View> {
  const { words, base, tenantId, tenant, session } = visit
  const { items } = await listFactors(deps, { tenantId, userId: session.userId })
  const isFull = items.filter(({ kind }) => kind === 'passkey').length >= mostPasskeys
  const no = isFull ? 'passkeys_full' : tenant.secondFactors ? undefined : 'factors_off'
  const { title, lead, scriptless } = words.addPasskey
  allowPasskeyScript(deps, visit.reply)
  return {
    title,
    script: passkeyScriptPath,
    content: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
${faultNotice(no === undefined ? fault : { sentence: words.faults[no] })}
${no === undefined && addForm(visit)}
<noscript><p class="notice bad">${scriptless}</p></noscript>
<p class="more"><a href="${base}/account/factors">${words.factors.title}</a></p>`,
  }
}

function addForm(visit: SignedInVisit): Html {
  const { words, base } = visit
  const { submit: label } = words.addPasskey
  const { label: name, hint } = words.account.naming
  return passkeyForm(
    visit,
    { ceremony: 'create', action: `${base}/account/factors/passkey`, submit: label, kind: 'primary' },
    field({ name: 'name', label: name, hint, autocomplete: 'off', longest: longestName }),
  )
}
