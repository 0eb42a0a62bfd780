-- OpenID Connect: the systems that sign people in through us, and what was given to them.

-- Keys that ID tokens are signed with. The newest whose time has come signs; all that have not ended are published.
create table oidc_key (
  id {{int}} NOT NULL PRIMARY KEY,
  kid TEXT NOT NULL UNIQUE,
  -- x and y of the point on P-256, base64url.
  x TEXT NOT NULL,
  y TEXT NOT NULL,
  private_sealed {{bytes}} NOT NULL,
  made_at {{int}} NOT NULL,
  used_from {{int}} NOT NULL,
  -- Not published any more from then on; absent while it is in use.
  ends_at {{int}}
){{strict}};

create table oidc_client (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  -- Keyed digest of the secret; empty for a client that cannot keep one (PKCE alone).
  secret_index TEXT NOT NULL,
  -- One exact address a line.
  redirects TEXT NOT NULL,
  logouts TEXT NOT NULL,
  -- Scopes it may ask for, with spaces between.
  scopes TEXT NOT NULL,
  -- Bits of platform::Role: staff with any of them may sign in there.
  roles {{int}} NOT NULL,
  -- Ids of departments, one a line; empty: of any.
  departments TEXT NOT NULL,
  -- 1 if applicants may.
  citizens {{int}} NOT NULL,
  -- 1 if nobody is asked before their data is passed on.
  trusted {{int}} NOT NULL,
  created_at {{int}} NOT NULL,
  closed_at {{int}},
  updated_at {{int}} NOT NULL,
  updated_by TEXT NOT NULL
){{strict}};

-- What somebody agreed to have passed on.
create table oidc_consent (
  account {{int}} NOT NULL,
  client TEXT NOT NULL REFERENCES oidc_client (id),
  scopes TEXT NOT NULL,
  at {{int}} NOT NULL,
  PRIMARY KEY (account, client)
){{strict}};

-- One sign-in at one client: the code, and the family of tokens that came of it. It ends as a whole.
create table oidc_grant (
  id {{int}} NOT NULL PRIMARY KEY,
  client TEXT NOT NULL REFERENCES oidc_client (id),
  account {{int}} NOT NULL,
  -- The session it hangs on; no key of a row, for sessions are removed when they end.
  session {{int}} NOT NULL,
  scopes TEXT NOT NULL,
  nonce TEXT NOT NULL,
  -- What the account was when it was given; another position ends it.
  position TEXT NOT NULL,
  -- Of the code, which is good for one use.
  code_index TEXT NOT NULL UNIQUE,
  redirect TEXT NOT NULL,
  challenge TEXT NOT NULL,
  code_expires_at {{int}} NOT NULL,
  code_used_at {{int}},
  created_at {{int}} NOT NULL,
  ended_at {{int}}
){{strict}};
create index oidc_grant_age on oidc_grant (created_at);

-- Tokens by keyed digest.
create table oidc_token (
  token_index TEXT NOT NULL PRIMARY KEY,
  grant_id {{int}} NOT NULL REFERENCES oidc_grant (id),
  -- access or refresh
  kind TEXT NOT NULL,
  expires_at {{int}} NOT NULL,
  -- A refresh token is good for one use.
  used_at {{int}}
){{strict}};
create index oidc_token_grant on oidc_token (grant_id);
create index oidc_token_expiry on oidc_token (expires_at);
