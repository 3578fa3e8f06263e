import { countDue, noteLook, peopleDue } from '@iam/domain/breach-audit'
import { inTenant } from '@iam/domain/db'
import type { Id } from '@iam/domain/kit'
import { findUser } from '@iam/domain/user'
import { breachedAccounts, type KnownBreach } from '@iam/platform/breached-accounts'
import { KeptSecret, openSecrets } from '@iam/platform/secrets'
import { askInTurn, type Asking } from './ask-in-turn.ts'
import type { JobDeps, JobResult, JobTurn } from './job.ts'
import { tenantsWithBreachAudit } from './tenants-with-breach-audit.ts'

/** Milliseconds that a run goes on asking: less than until the next one. */
const runFor = 15 * 60_000
const keepKeyFor = 5 * 60_000
const day = 86_400_000
/** Of a tenant, before the next one has its turn. */
const batch = 20

/**
 * Looks for people's addresses in breaches of other services, where their tenant wants it, and tells whoever is in
 * one. Nobody is asked for twice within `every`, and where no breach was added since nobody is at all. What is done is
 * noted person by person: a run that is cut off is gone on with where it was.
 */
export async function auditBreaches(
  deps: JobDeps,
  { signal, rehearsal }: Pick<JobTurn, 'signal' | 'rehearsal'>,
): Promise<JobResult> {
  const { config, db, clock } = deps
  const tenants = await tenantsWithBreachAudit(deps)
  if (tenants.length === 0) return { tenants: 0, due: 0 }
  const { url, search, every } = config.breachAudit
  if (url === undefined) throw new Error('A tenant wants the breach audit, and IAM_HIBP_API_URL is off.')
  const service = breachedAccounts({ url, search })
  const { addedAt } = await service.latest()
  // What was added a moment ago may not be found at once: a day is left for it.
  const notSince = new Date(Math.min(clock().getTime() - every * 1_000, addedAt.getTime() + day))
  let due = 0
  for (const tenantId of tenants)
    due += await inTenant(db, { tenantId }, (tx) => countDue(tx, { tenantId, notSince }))
  if (rehearsal || due === 0) return { tenants: tenants.length, due }
  const secrets = await openSecrets(config.secrets)
  try {
    const key = new KeptSecret(secrets, 'hibp-api-key', keepKeyFor)
    const until = new Date(clock().getTime() + runFor)
    const asking = { ...deps, service, key, signal, until, apart: 60_000 / config.breachAudit.perMinute }
    const counts = await goRound(asking, tenants, { notSince, known: await service.all() })
    return { tenants: tenants.length, due, ...counts }
  } finally {
    await secrets.close()
  }
}

interface Round {
  readonly notSince: Date
  readonly known: readonly KnownBreach[]
}

/** Until nobody is due or the time is up. */
async function goRound(asking: Asking, tenants: readonly Id<'ten'>[], round: Round) {
  const counts = { asked: 0, found: 0 }
  for await (const person of inTurn(asking, tenants, round)) {
    const found = await lookFor(asking, person, round)
    if (found === undefined) break
    counts.asked += 1
    counts.found += found
  }
  return counts
}

interface Person {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
}

/** A few people of each tenant in turn, so that a large one holds up no other. */
async function* inTurn(
  { db }: Asking,
  tenants: readonly Id<'ten'>[],
  { notSince }: Round,
): AsyncGenerator<Person> {
  let waiting = tenants
  while (waiting.length > 0) {
    const still: Id<'ten'>[] = []
    for (const tenantId of waiting) {
      const wanted = { tenantId, notSince, limit: batch }
      const people = await inTenant(db, { tenantId }, (tx) => peopleDue(tx, wanted))
      for (const userId of people) yield { tenantId, userId }
      if (people.length === batch) still.push(tenantId)
    }
    waiting = still
  }
}

/** @returns how many breaches were not known before; undefined when the time is up. */
async function lookFor(
  asking: Asking,
  { tenantId, userId }: Person,
  { known }: Round,
): Promise<number | undefined> {
  const user = await inTenant(asking.db, { tenantId }, (tx) => findUser(tx, tenantId, userId))
  if (user?.status !== 'active') return 0
  const names = await askInTurn(asking, user.email)
  if (names === undefined) return undefined
  const found = known.filter(({ name, isTold }) => isTold && names.includes(name))
  return noteLook(asking, { tenantId, userId, address: user.email, found })
}
