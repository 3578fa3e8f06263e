/** What a person may administer. Operators are people of the system tenant, and act on any tenant. */
export const roles = ['tenant.admin', 'tenant.owner', 'platform.operator'] as const
export type Role = (typeof roles)[number]

/** The highest of some roles as a number; 0 for none. Who stands lower cannot act on who stands higher. */
export function rankOf(held: readonly Role[]): number {
  return Math.max(0, ...held.map((role) => roles.indexOf(role) + 1))
}
