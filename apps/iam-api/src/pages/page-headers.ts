/**
 * What every page says in its headers: nothing is loaded but our stylesheet, nothing is sent anywhere else, nobody
 * frames us, no copy is kept.
 * @param issuer where we are; without TLS nothing is promised about TLS.
 */
export function pageHeaders({ issuer }: { readonly issuer: string }): Readonly<Record<string, string>> {
  return issuer.startsWith('https:') ? { ...headers, ...overTls } : headers
}

const policy = {
  'default-src': "'none'",
  'style-src': "'self'",
  'img-src': "'self'",
  'form-action': "'self'",
  'frame-ancestors': "'none'",
  'base-uri': "'none'",
}

const headers = {
  'content-security-policy': Object.entries(policy)
    .map((directive) => directive.join(' '))
    .join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
}

/** A year, as browsers want it for keeping a host in mind (RFC 6797). */
const overTls = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }
