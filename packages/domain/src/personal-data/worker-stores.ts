import type { ImpersonalStore } from './rules.ts'
import type { ColumnOf, TableName } from './tables.ts'

type Stores = { readonly [Table in TableName]?: ImpersonalStore<ColumnOf<Table>> }

/** What workers note of their own work. */
export const workerStores = {
  audit_archive: {
    nobodys: 'which months of the audit trail are in the cold store',
    columns: {
      archived_at: 'nobodys',
      head: 'nobodys',
      manifest: 'nobodys',
      month: 'nobodys',
      parts: 'nobodys',
      row_count: 'nobodys',
    },
  },
  audit_chain: {
    nobodys: 'hashes over the audit trail',
    columns: {
      chain: 'nobodys',
      seq: 'nobodys',
      tenant_id: 'nobodys',
    },
  },
  audit_head: {
    nobodys: 'hashes over the audit trail',
    columns: {
      jws: 'nobodys',
      minute: 'nobodys',
      number: 'nobodys',
      stored: 'nobodys',
    },
  },
  audit_head_end: {
    nobodys: 'hashes over the audit trail',
    columns: {
      chain: 'nobodys',
      head: 'nobodys',
      seq: 'nobodys',
      tenant_id: 'nobodys',
    },
  },
  audit_seal: {
    nobodys: 'hashes over the audit trail, by the ids of its events',
    columns: {
      audit_id: 'nobodys',
      chain: 'nobodys',
      head: 'nobodys',
      occurred_at: 'nobodys',
      seq: 'nobodys',
      tenant_id: 'nobodys',
    },
  },
  audit_sealer: {
    nobodys: 'how far the audit trail is sealed',
    columns: {
      adopted_id: 'nobodys',
      adopted_xid: 'nobodys',
      cluster: 'nobodys',
      cursor_id: 'nobodys',
      cursor_xid: 'nobodys',
      foreign_to: 'nobodys',
      one: 'nobodys',
    },
  },
  inbox_event: {
    nobodys: 'ids of events of other services',
    columns: {
      event_id: 'nobodys',
      received_at: 'nobodys',
      subject: 'nobodys',
      tenant_id: 'nobodys',
    },
  },
  inbox_position: {
    nobodys: 'how far what other services tell has come; of people by their ids alone',
    columns: {
      about: 'nobodys',
      occurred_at: 'nobodys',
      sequence: 'nobodys',
      tenant_id: 'nobodys',
    },
  },
  job: {
    nobodys: 'what is done by the clock',
    columns: {
      alarm_seconds: 'nobodys',
      cron: 'nobodys',
      limit_seconds: 'nobodys',
      name: 'nobodys',
      reason: 'nobodys',
      registered_at: 'nobodys',
      rehearses: 'nobodys',
    },
  },
  job_run: {
    nobodys: 'what is done by the clock, in numbers',
    columns: {
      cause: 'nobodys',
      error: 'nobodys',
      finished_at: 'nobodys',
      id: 'nobodys',
      job: 'nobodys',
      outcome: 'nobodys',
      queue_id: 'nobodys',
      rehearsal: 'nobodys',
      result: 'nobodys',
      started_at: 'nobodys',
      worker: 'nobodys',
    },
  },
  job_worker: {
    nobodys: 'workers',
    columns: {
      expires_at: 'nobodys',
      worker: 'nobodys',
    },
  },
  leader_lease: {
    nobodys: 'workers',
    columns: {
      epoch: 'nobodys',
      expires_at: 'nobodys',
      name: 'nobodys',
      owner: 'nobodys',
    },
  },
  outbox_stream: {
    nobodys: 'how many events a thing has had, by its id',
    columns: {
      last_sequence: 'nobodys',
      ordering_key: 'nobodys',
      tenant_id: 'nobodys',
    },
  },
  relay_lease: {
    nobodys: 'workers',
    columns: {
      cursor_id: 'nobodys',
      cursor_xid: 'nobodys',
      epoch: 'nobodys',
      expires_at: 'nobodys',
      owner: 'nobodys',
      partition: 'nobodys',
    },
  },
  relay_member: {
    nobodys: 'workers',
    columns: {
      expires_at: 'nobodys',
      owner: 'nobodys',
    },
  },
  breach_pace: {
    nobodys: 'when another service may be asked again',
    columns: {
      next_at: 'nobodys',
      only_one: 'nobodys',
    },
  },
} satisfies Stores
