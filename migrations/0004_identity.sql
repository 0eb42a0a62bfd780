-- Accounts and their sessions.

create table identity_account (
  id {{int}} NOT NULL PRIMARY KEY,
  login TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  -- citizen or staff
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  -- The party a citizen account acts for; 0 for staff.
  party {{int}} NOT NULL,
  roles {{int}} NOT NULL,
  department TEXT NOT NULL,
  office TEXT NOT NULL,
  counter TEXT NOT NULL,
  failures {{int}} NOT NULL,
  locked_until {{int}} NOT NULL,
  closed_at {{int}},
  created_at {{int}} NOT NULL,
  updated_at {{int}} NOT NULL,
  updated_by TEXT NOT NULL
){{strict}};
create index identity_account_department on identity_account (department, name);
create index identity_account_office on identity_account (office, name);
create index identity_account_party on identity_account (party);

-- The token itself is never stored, only its digest.
create table identity_session (
  token_digest TEXT NOT NULL PRIMARY KEY,
  account {{int}} NOT NULL REFERENCES identity_account (id),
  created_at {{int}} NOT NULL,
  seen_at {{int}} NOT NULL,
  expires_at {{int}} NOT NULL,
  agent TEXT NOT NULL
){{strict}};
create index identity_session_account on identity_session (account, created_at);
create index identity_session_expiry on identity_session (expires_at);
