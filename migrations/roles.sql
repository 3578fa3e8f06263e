-- The three logins. Run once for a cluster by its administrator, before the first migration; safe to run again.
-- None of them is a superuser or may bypass row-level security. Passwords are set apart, where the cluster needs them.
--
--   iam_owner   owns the schema: migrations and bootstrap
--   iam_api     serves requests
--   iam_worker  relays the outbox and runs jobs
do $$
declare
  login text;
begin
  foreach login in array array['iam_owner', 'iam_api', 'iam_worker'] loop
    if not exists (select from pg_roles where rolname = login) then
      execute format('create role %I login', login);
    end if;
    execute format('alter role %I nosuperuser nobypassrls nocreatedb nocreaterole', login);
  end loop;
end
$$;

-- A transaction that sits idle holds locks, and an old transaction id holds back the relay.
alter role iam_api set statement_timeout = '5s';
alter role iam_api set lock_timeout = '500ms';
alter role iam_api set idle_in_transaction_session_timeout = '5s';
alter role iam_worker set statement_timeout = '30s';
alter role iam_worker set lock_timeout = '2s';
alter role iam_worker set idle_in_transaction_session_timeout = '10s';
alter role iam_owner set lock_timeout = '5s';
