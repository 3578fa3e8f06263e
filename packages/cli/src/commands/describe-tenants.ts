import type { TenantCreated } from './tenant-create.ts'
import type { ListedTenant, ShownTenant, Switched } from './tenants.ts'

/** A line on a tenant. */
export function describeTenant({ id, slug, status, region }: ListedTenant): string {
  return `${id}  ${status.padEnd(9)}  ${region}  ${slug}`
}

/** A tenant with what it decides. */
export function describeShown(shown: ShownTenant): string[] {
  const { name, createdAt, policy } = shown
  if (name === undefined) return [describeTenant(shown), 'Its data lives there: more is known there alone.']
  const decided = Object.entries(policy ?? {}).map(
    ([member, value]) => `  ${member}: ${JSON.stringify(value)}`,
  )
  return [
    describeTenant(shown),
    `${name}, since ${createdAt?.toISOString() ?? ''}`,
    ...(decided.length === 0
      ? ['All of its policy is as by default.']
      : ['Its policy, but for defaults:', ...decided]),
  ]
}

/** What making a tenant came to. */
export function describeCreated({ id, slug, made }: TenantCreated): string {
  if (id === null) return `Tenant ${slug} would be made.`
  return made ? `Tenant ${slug} is ${id}.` : `Tenant ${slug} is ${id}; it was there already.`
}

/** What shutting a tenant out, or letting it in, came to. */
export function describeSwitched({ slug, status, changed }: Switched, isDryRun: boolean): string {
  if (!changed) return `${slug} is ${status} already.`
  if (isDryRun) return `${slug} would be ${status}.`
  return `${slug} is ${status}. Every instance hears of it within half a minute.`
}
