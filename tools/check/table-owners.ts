/**
 * Which folder of packages/domain/src owns a table, where the two have different names. A table that is not
 * listed belongs to the folder of its own name: api_key to api-key/.
 */
export const owners: Record<string, string> = {
  audience: 'client',
  audit_chain: 'audit-seal',
  audit_event: 'audit',
  audit_head: 'audit-seal',
  audit_head_end: 'audit-seal',
  audit_sealer: 'audit-seal',
  breach_found: 'breach-audit',
  breach_look: 'breach-audit',
  breach_pace: 'breach-audit',
  credential_history: 'credential',
  credential_mix: 'credential',
  directory: 'tenant',
  expiry_notice: 'expiry',
  grant: 'session',
  inbox_event: 'inbox',
  inbox_position: 'inbox',
  job_run: 'job',
  job_worker: 'job',
  key_set_part: 'signing-key',
  key_set_version: 'signing-key',
  known_origin: 'login-attempt',
  leader_lease: 'lease',
  login_failure: 'login-attempt',
  login_risk: 'risk',
  outbox_dead_letter: 'outbox',
  outbox_stream: 'outbox',
  passkey_handle: 'passkey',
  recovery_code: 'factor',
  refresh_family: 'session',
  relay_lease: 'outbox',
  relying_party: 'tenant',
  relay_member: 'outbox',
  role_assignment: 'role',
  session_reuse: 'session',
  session_revocation: 'session',
  status_list_entry: 'status-list',
  user_key: 'user',
}

/** A statement that names another noun's table on purpose. */
export type Guest = {
  table: string
  /** The file that names it, from the root of the checkout. */
  file: string
  why: string
}

/**
 * The hot statements that touch several nouns' tables because they must be one statement. Everything else
 * asks the owner's index.ts.
 */
export const guests: Guest[] = [
  {
    table: 'user',
    file: 'packages/domain/src/breach-audit/queries.ts',
    why: 'Whose address is due is everybody of a tenant but those who were looked for lately.',
  },
  ...['outbox', 'outbox_stream'].map((table) => ({
    table,
    file: 'packages/domain/src/session/decide-refresh.ts',
    why: 'A refresh is decided, done and recorded in one statement, so that it costs one wait.',
  })),
  {
    table: 'user',
    file: 'packages/domain/src/session/decide-refresh.ts',
    why: 'A login of before a theft is refreshed as one that has to be proved anew, in the same wait.',
  },
  ...['mail', 'outbox', 'outbox_stream'].map((table) => ({
    table,
    file: 'packages/domain/src/login-attempt/count-failure.ts',
    why: 'Whether a failure is the one too many is known inside its statement alone, which then records it.',
  })),
  ...['outbox', 'outbox_stream'].map((table) => ({
    table,
    file: 'packages/domain/src/session/make-room.ts',
    why: 'A login ends the sessions that are too many in its own flight, and records it there.',
  })),
  {
    table: 'mail',
    file: 'packages/domain/src/session/new-device-mail.ts',
    why: 'Whether a login is the first on its device is known in its own transaction alone.',
  },
  {
    table: 'factor',
    file: 'packages/domain/src/passkey/queries.ts',
    why: 'A passkey is a factor and its credential: found by one statement, where nobody is named before, and used by one.',
  },
  {
    table: 'user',
    file: 'packages/domain/src/role/queries.ts',
    why: 'Who is suspended has no role any more, also while a session of theirs is still being ended.',
  },
  {
    table: 'user',
    file: 'packages/domain/src/session/queries.ts',
    why: 'A session check that finds nothing in the cache reads session and address in one wait.',
  },
  {
    table: 'user',
    file: 'packages/domain/src/session/browser-queries.ts',
    why: 'A browser is known by one statement, which looks whether its account is active, too.',
  },
]
