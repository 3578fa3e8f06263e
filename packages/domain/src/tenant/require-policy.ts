import { domainToASCII } from 'node:url'
import { Refusal } from '../kit/index.ts'
import type { TenantPolicy } from './tenant-policy.ts'

/**
 * Refuses an address of a domain that the tenant does not welcome. Before anybody is looked up: who asks learns which
 * domains are welcome, and not who is here.
 * @param email normalised.
 * @throws Refusal `domain_not_allowed`.
 */
export function requireAllowedDomain(
  email: string,
  { allowedDomains }: Pick<TenantPolicy, 'allowedDomains'>,
): void {
  const domain = domainToASCII(email.slice(email.lastIndexOf('@') + 1))
  if (allowedDomains.length > 0 && !allowedDomains.includes(domain)) throw new Refusal('domain_not_allowed')
}

/**
 * Refuses to set or ask for a password where none logs in: people come by an identity provider.
 * @throws Refusal `password_login_off`.
 */
export function requirePasswordLogin({ passwordLogin }: Pick<TenantPolicy, 'passwordLogin'>): void {
  if (!passwordLogin) throw new Refusal('password_login_off')
}

/** Refuses to mail or take a link that logs in where the tenant has none. @throws Refusal `magic_links_off`. */
export function requireMagicLinks({ magicLinks }: Pick<TenantPolicy, 'magicLinks'>): void {
  if (!magicLinks) throw new Refusal('magic_links_off')
}
