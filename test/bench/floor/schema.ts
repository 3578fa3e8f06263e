import { randomBytes } from 'node:crypto'
import { withClient } from '../contenders/events.ts'

/** Fills an empty database. @param url of its administrator. @returns the url of the floor's own login. */
export async function prepareFloor(url: string): Promise<string> {
  const password = randomBytes(12).toString('hex')
  await withClient(url, async (client) => {
    await client.query(schema)
    await client.query(`alter role floor_app password '${password}'`)
  })
  const own = new URL(url)
  own.username = 'floor_app'
  own.password = password
  return own.href
}

/**
 * The floor's tables and its three calls. As in the service: row-level security on every table, the tenant set in
 * the transaction, and an outbox row with each change. Unlike it: everything of a request is one call of plpgsql.
 */
const schema = `
  create role floor_app login nosuperuser nobypassrls;
  create table users (
    tenant_id text not null, id uuid not null default gen_random_uuid(), email text not null,
    password_hash text not null, primary key (tenant_id, id), unique (tenant_id, email)
  );
  create table session (
    tenant_id text not null, id uuid not null, user_id uuid not null,
    created_at timestamptz not null default now(), expires_at timestamptz not null default now() + interval '8 hours',
    primary key (tenant_id, id)
  );
  create table refresh_token (
    tenant_id text not null, id uuid not null, session_id uuid not null, user_id uuid not null,
    token_hash bytea not null unique, parent_id uuid, status text not null default 'active',
    expires_at timestamptz not null default now() + interval '1 hour', used_at timestamptz,
    primary key (tenant_id, id)
  );
  create table outbox (
    id bigint generated always as identity primary key, tenant_id text not null, type text not null,
    ordering_key text not null, payload jsonb not null, created_at timestamptz not null default now()
  );

  create table stream (
    tenant_id text not null, ordering_key text not null, last_sequence bigint not null,
    primary key (tenant_id, ordering_key)
  ) with (fillfactor = 70);
  create table audit (
    tenant_id text not null, id uuid not null default gen_random_uuid(), occurred_at timestamptz not null default now(),
    actor text not null, action text not null, target text not null, outcome text not null, request_id text,
    primary key (tenant_id, occurred_at, id)
  );

  alter table users enable row level security;
  alter table session enable row level security;
  alter table refresh_token enable row level security;
  alter table outbox enable row level security;
  alter table stream enable row level security;
  alter table audit enable row level security;
  create policy tenant on users using (tenant_id = current_setting('app.tenant_id', true));
  create policy tenant on session using (tenant_id = current_setting('app.tenant_id', true));
  create policy tenant on refresh_token using (tenant_id = current_setting('app.tenant_id', true));
  create policy tenant on outbox using (tenant_id = current_setting('app.tenant_id', true));
  create policy tenant on stream using (tenant_id = current_setting('app.tenant_id', true));
  create policy tenant on audit using (tenant_id = current_setting('app.tenant_id', true));
  grant select, insert, update on users, session, refresh_token, stream to floor_app;
  grant insert on outbox, audit to floor_app;

  create function find_user(tenant text, address text) returns table (id uuid, password_hash text)
  language plpgsql as $$
  begin
    perform set_config('app.tenant_id', tenant, true);
    return query select u.id, u.password_hash from users u where u.tenant_id = tenant and u.email = address;
  end $$;

  create function open_session(tenant text, usr uuid, ses uuid, tok uuid, hash bytea, event jsonb) returns void
  language plpgsql as $$
  begin
    perform set_config('app.tenant_id', tenant, true);
    insert into session (tenant_id, id, user_id) values (tenant, ses, usr);
    insert into refresh_token (tenant_id, id, session_id, user_id, token_hash) values (tenant, tok, ses, usr, hash);
    insert into outbox (tenant_id, type, ordering_key, payload) values (tenant, 'session.created', ses::text, event);
  end $$;

  create function rotate(tenant text, old bytea, tok uuid, hash bytea, event jsonb)
  returns table (user_id uuid, session_id uuid) language plpgsql as $$
  declare
    found refresh_token%rowtype;
  begin
    perform set_config('app.tenant_id', tenant, true);
    select * into found from refresh_token t where t.token_hash = old for update;
    if found.id is null or found.status <> 'active' or found.expires_at < now() then return; end if;
    update refresh_token t set status = 'rotated', used_at = now() where t.tenant_id = tenant and t.id = found.id;
    insert into refresh_token (tenant_id, id, session_id, user_id, token_hash, parent_id)
      values (tenant, tok, found.session_id, found.user_id, hash, found.id);
    insert into outbox (tenant_id, type, ordering_key, payload)
      values (tenant, 'session.refreshed', found.session_id::text, event);
    return query select found.user_id, found.session_id;
  end $$;

  -- Besides, what the service owes: events in the order of their commits, each with its number, and an audit trail.
  create function rotate_recorded(tenant text, old bytea, tok uuid, hash bytea, event jsonb)
  returns table (user_id uuid, session_id uuid) language plpgsql as $$
  declare
    ses text;
    usr text;
  begin
    perform set_config('app.tenant_id', tenant, true);
    select t.session_id, t.user_id into ses, usr from refresh_token t where t.token_hash = old;
    perform pg_advisory_xact_lock(hashtextextended(tenant || ':' || ses, 0));
    insert into stream as s (tenant_id, ordering_key, last_sequence) values (tenant, ses, 1)
      on conflict (tenant_id, ordering_key) do update set last_sequence = s.last_sequence + 1;
    insert into audit (tenant_id, actor, action, target, outcome) values (tenant, usr, 'session.refreshed', ses, 'success');
    return query select * from rotate(tenant, old, tok, hash, event);
  end $$;`
