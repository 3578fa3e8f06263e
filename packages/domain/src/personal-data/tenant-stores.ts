import type { ImpersonalStore } from './rules.ts'
import type { ColumnOf, TableName } from './tables.ts'

type Stores = { readonly [Table in TableName]?: ImpersonalStore<ColumnOf<Table>> }

/** What tenants and the issuer have of their own. */
export const tenantStores = {
  anchor_rotation: {
    nobodys: 'keys of the issuer',
    columns: {
      announced_at: 'nobodys',
      epoch: 'nobodys',
      from_kid: 'nobodys',
      spare_kid: 'nobodys',
      switch_at: 'nobodys',
      switched_at: 'nobodys',
      to_kid: 'nobodys',
    },
  },
  audience: {
    nobodys: 'settings of a tenant',
    columns: {
      access_token_alg: 'nobodys',
      audience: 'nobodys',
      tenant_id: 'nobodys',
      updated_at: 'nobodys',
    },
  },
  client: {
    nobodys: 'programs of a tenant',
    columns: {
      access_token_alg: 'nobodys',
      access_token_seconds: 'nobodys',
      audience: 'nobodys',
      created_at: 'nobodys',
      handle: 'nobodys',
      id: 'nobodys',
      name: 'nobodys',
      refresh_idle_seconds: 'nobodys',
      scope: 'nobodys',
      tenant_id: 'nobodys',
    },
  },
  credential_mix: {
    nobodys: 'how many passwords of a tenant have which cost',
    columns: {
      credentials: 'nobodys',
      parameters: 'nobodys',
      tenant_id: 'nobodys',
    },
  },
  directory: {
    nobodys: 'tenants',
    columns: {
      region: 'nobodys',
      slug: 'nobodys',
      status: 'nobodys',
      tenant_id: 'nobodys',
      updated_at: 'nobodys',
    },
  },
  expiry_notice: {
    nobodys: 'ends of keys',
    columns: {
      days: 'nobodys',
      ends_at: 'nobodys',
      kind: 'nobodys',
      noticed_at: 'nobodys',
      thing: 'nobodys',
    },
  },
  key_set_part: {
    nobodys: 'keys of other regions',
    columns: {
      document: 'nobodys',
      read_at: 'nobodys',
      region: 'nobodys',
      version: 'nobodys',
    },
  },
  key_set_version: {
    nobodys: 'keys of the issuer',
    columns: {
      changed: 'nobodys',
      document: 'nobodys',
      expires_at: 'nobodys',
      issued_at: 'nobodys',
      purged_at: 'nobodys',
      region: 'nobodys',
      version: 'nobodys',
    },
  },
  relying_party: {
    nobodys: 'hosts of a tenant',
    columns: {
      rp_id: 'nobodys',
      tenant_id: 'nobodys',
    },
  },
  secret_key: {
    nobodys: 'secrets of the deployment, wrapped',
    columns: {
      activate_at: 'nobodys',
      created_at: 'nobodys',
      purpose: 'nobodys',
      retire_at: 'nobodys',
      version: 'nobodys',
      wrapped: 'nobodys',
    },
  },
  signing_key: {
    nobodys: 'keys of the issuer',
    columns: {
      activate_at: 'nobodys',
      alg: 'nobodys',
      created_at: 'nobodys',
      custody: 'nobodys',
      endorsement: 'nobodys',
      id: 'nobodys',
      kid: 'nobodys',
      kms_version: 'nobodys',
      kms_version_ended_at: 'nobodys',
      public_jwk: 'nobodys',
      published_at: 'nobodys',
      purpose: 'nobodys',
      revoked_at: 'nobodys',
      scope: 'nobodys',
      sign_until: 'nobodys',
      state: 'nobodys',
      verify_until: 'nobodys',
      wrapped: 'nobodys',
    },
  },
  status_list: {
    nobodys: 'lists of revoked tokens',
    columns: {
      opens_at: 'nobodys',
      shard: 'nobodys',
    },
  },
  status_list_entry: {
    nobodys: 'lists of revoked tokens, by the ids of grants',
    columns: {
      ends_at: 'nobodys',
      grant_id: 'nobodys',
      revoked_at: 'nobodys',
      revoked_xid: 'nobodys',
      shard: 'nobodys',
      slot: 'nobodys',
      tenant_id: 'nobodys',
    },
  },
  tenant: {
    nobodys: 'tenants',
    columns: {
      created_at: 'nobodys',
      name: 'nobodys',
      policy: 'nobodys',
      policy_version: 'nobodys',
      tenant_id: 'nobodys',
      updated_at: 'nobodys',
    },
  },
} satisfies Stores
