import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { App } from '../app.ts'
import type { Deps } from '../deps.ts'
import { hidden } from './routes-are-hidden.ts'

/**
 * The one script of the pages, for what a page cannot do without one: asking the browser for a passkey. It shows the
 * forms that have `data-passkey`, fetches what the browser is to be asked, and sends the form with the answer. Without
 * it the forms stay hidden, and every other way stays.
 */
const script = `
'use strict';
const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join(''))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const named = (list) => list.map((each) => ({ ...each, id: bytes(each.id) }));
const ceremonies = {
  create: async (options, more) => {
    const user = { ...options.user, id: bytes(options.user.id) };
    const excludeCredentials = named(options.excludeCredentials);
    const publicKey = { ...options, challenge: bytes(options.challenge), user, excludeCredentials };
    const made = await navigator.credentials.create({ ...more, publicKey });
    const { clientDataJSON, attestationObject } = made.response;
    return [made, {
      clientDataJSON: text(clientDataJSON),
      attestationObject: text(attestationObject),
      transports: made.response.getTransports ? made.response.getTransports() : [],
    }];
  },
  get: async (options, more) => {
    const allowCredentials = named(options.allowCredentials);
    const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials };
    const used = await navigator.credentials.get({ ...more, publicKey });
    const { clientDataJSON, authenticatorData, signature, userHandle } = used.response;
    return [used, {
      clientDataJSON: text(clientDataJSON),
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      ...(userHandle ? { userHandle: text(userHandle) } : {}),
    }];
  },
};
let waiting;
const begin = async (form, more) => {
  waiting?.abort();
  const mine = (waiting = new AbortController());
  const body = new URLSearchParams(new FormData(form));
  const headers = { accept: 'application/json' };
  const answer = await fetch(form.dataset.options, { method: 'POST', body, headers, signal: mine.signal });
  if (!answer.ok || answer.redirected) throw new Error('refused');
  const { challenge, options } = await answer.json();
  // A while before the challenge is too old, by no clock: a browser's may be wrong by hours.
  const late = options.timeout - 15000;
  const [made, response] = await within(late, mine, ceremonies[form.dataset.passkey](options, { ...more, signal: mine.signal }));
  const { id, rawId, type } = made;
  form.elements.challenge.value = challenge;
  form.elements.passkey.value = JSON.stringify({ id, rawId: text(rawId), type, response });
  form.submit();
};
const within = async (late, mine, ceremony) => {
  const timer = setTimeout(() => mine.abort('late'), late);
  try { return await ceremony; } finally { clearTimeout(timer); }
};
const offer = async (form) => {
  const can = await PublicKeyCredential.isConditionalMediationAvailable?.();
  if (!can) return;
  for (;;) {
    try { return await begin(form, { mediation: 'conditional' }); } catch {
      if (waiting.signal.reason !== 'late') return;
    }
  }
};
const say = (form, key) => {
  const notice = form.querySelector('[role=alert]');
  notice.textContent = form.dataset[key];
  notice.hidden = false;
};
for (const form of window.PublicKeyCredential ? document.querySelectorAll('form[data-passkey]') : []) {
  form.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    form.querySelector('[role=alert]').hidden = true;
    button.disabled = true;
    try { await begin(form, {}); } catch (error) {
      say(form, error.name === 'InvalidStateError' ? 'known' : error.message === 'refused' ? 'failed' : 'cancelled');
    }
    button.disabled = false;
  });
  if (form.dataset.conditional) void offer(form);
}
`
  .trim()
  .concat('\n')

const hash = createHash('sha256').update(script).digest('base64url').slice(0, 16)

/** Named by its content, so that it can be kept for ever. No tenant's slug begins with a dash. */
export const passkeyScriptPath = `/t/-/passkeys.${hash}.js`

/** @param app the pages' scope, which adds the prefix. */
export function passkeyScriptRoute(app: App): void {
  app.get(passkeyScriptPath.slice('/t'.length), hidden, async (_request, reply) =>
    reply
      .header('content-type', 'text/javascript; charset=utf-8')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .send(script),
  )
}

/** Lets the page that is answered run this script, and no other, and fetch from our origin alone. */
export function allowPasskeyScript({ issuer }: Pick<Deps, 'issuer'>, reply: FastifyReply): void {
  const { origin } = new URL(issuer)
  const policy = String(reply.getHeader('content-security-policy'))
  const also = `script-src ${origin}${passkeyScriptPath};connect-src ${origin}/t/`
  reply.header('content-security-policy', `${policy};${also}`)
}
