-- Accounts, what people type to sign in, second factors, failed attempts, and sessions.

create table identity_account (
  id {{int}} NOT NULL PRIMARY KEY,
  -- citizen or staff
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  -- The party a citizen account acts for; 0 for staff.
  party {{int}} NOT NULL,
  -- Bits of platform::Role. The three administrators (16, 32, 64) are nothing else.
  roles {{int}} NOT NULL CHECK ((roles >= 0 AND roles < 16) OR roles IN (16, 32, 64)),
  department TEXT NOT NULL,
  office TEXT NOT NULL,
  counter TEXT NOT NULL,
  -- required, or off: whether signing in asks for a second factor.
  factor TEXT NOT NULL,
  -- The secret shared with the authenticator app; absent until it was set up.
  totp_sealed {{bytes}},
  -- The step of the last code that was taken: none is taken twice.
  totp_step {{int}} NOT NULL,
  -- When the password was set, and 1 if by somebody else: it must then be changed at the next sign-in.
  password_at {{int}} NOT NULL,
  password_due {{int}} NOT NULL,
  closed_at {{int}},
  created_at {{int}} NOT NULL,
  updated_at {{int}} NOT NULL,
  updated_by TEXT NOT NULL
){{strict}};
create index identity_account_kind on identity_account (kind, name, id);
create index identity_account_department on identity_account (department, name);
create index identity_account_office on identity_account (office, name);
create index identity_account_party on identity_account (party);

-- An account may have several: phone and ID number of a citizen. Found by blind index, like the party itself.
create table identity_login (
  login_index TEXT NOT NULL PRIMARY KEY,
  account {{int}} NOT NULL REFERENCES identity_account (id),
  -- staff, phone or number
  kind TEXT NOT NULL,
  -- For the owner and for lists; masked where it is a number or a phone.
  shown TEXT NOT NULL
){{strict}};
create index identity_login_account on identity_login (account);

-- Passwords an account had before, so that none comes back soon.
create table identity_password (
  id {{int}} NOT NULL PRIMARY KEY,
  account {{int}} NOT NULL REFERENCES identity_account (id),
  hash TEXT NOT NULL
){{strict}};
create index identity_password_account on identity_password (account, id);

-- Attempts since the last success, by what was typed: a login that nobody has is counted like any other, so that the
-- answers do not tell which exist. Rows are removed when they no longer count.
create table identity_attempt (
  login_index TEXT NOT NULL PRIMARY KEY,
  -- Whose login it is; 0 where nobody's, and for an address.
  account {{int}} NOT NULL,
  -- The network address where it is one that is counted; empty for logins.
  address TEXT NOT NULL,
  failures {{int}} NOT NULL,
  first_at {{int}} NOT NULL,
  last_at {{int}} NOT NULL,
  locked_until {{int}} NOT NULL
){{strict}};
create index identity_attempt_age on identity_attempt (last_at);
create index identity_attempt_locked on identity_attempt (locked_until);
create index identity_attempt_account on identity_attempt (account);

-- Codes for when the app is out of reach, by keyed digest; a used one is gone.
create table identity_recovery (
  account {{int}} NOT NULL REFERENCES identity_account (id),
  code_index TEXT NOT NULL,
  PRIMARY KEY (account, code_index)
){{strict}};

-- Signing in half done: what was typed first is known, what is asked next is not answered yet.
create table identity_pending (
  token_digest TEXT NOT NULL PRIMARY KEY,
  -- 0 where nobody has that login: it is asked for a code like any other.
  account {{int}} NOT NULL,
  -- 1 if the password was the right one.
  password_right {{int}} NOT NULL,
  -- Under which failures are counted.
  attempt TEXT NOT NULL,
  -- code, enrol or password
  stage TEXT NOT NULL,
  tries {{int}} NOT NULL,
  -- The secret that is being set up.
  secret_sealed {{bytes}},
  -- How the factor was proved: empty, totp or recovery.
  proof TEXT NOT NULL,
  expires_at {{int}} NOT NULL
){{strict}};
create index identity_pending_account on identity_pending (account);
create index identity_pending_expiry on identity_pending (expires_at);

-- The token itself is never stored, only its digest.
create table identity_session (
  id {{int}} NOT NULL PRIMARY KEY,
  token_digest TEXT NOT NULL UNIQUE,
  account {{int}} NOT NULL REFERENCES identity_account (id),
  created_at {{int}} NOT NULL,
  seen_at {{int}} NOT NULL,
  expires_at {{int}} NOT NULL,
  -- When a factor was last proved; dangerous acts ask again after a while.
  proved_at {{int}} NOT NULL,
  -- Browser and device in words.
  agent TEXT NOT NULL
){{strict}};
create index identity_session_account on identity_session (account, id);
create index identity_session_expiry on identity_session (expires_at);

-- What one person proposes and another must approve before it is done.
create table identity_proposal (
  id {{int}} NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  -- What is to be done, sealed; only the kind understands it.
  body_sealed {{bytes}} NOT NULL,
  -- For the one who decides, without personal data beyond a name.
  summary TEXT NOT NULL,
  reason TEXT NOT NULL,
  proposer {{int}} NOT NULL REFERENCES identity_account (id),
  proposer_name TEXT NOT NULL,
  proposed_at {{int}} NOT NULL,
  expires_at {{int}} NOT NULL,
  -- open, approved, refused or withdrawn
  state TEXT NOT NULL,
  decider {{int}} NOT NULL,
  decider_name TEXT NOT NULL,
  decided_at {{int}},
  CHECK (decider <> proposer OR state = 'withdrawn')
){{strict}};
create index identity_proposal_state on identity_proposal (state, id);

-- Who may do what to a case, each version whole and never changed; without a row the program's own is in force.
-- Who proposed and who approved it, when and why, stands in its proposal.
create table identity_policy (
  version {{int}} NOT NULL PRIMARY KEY,
  text TEXT NOT NULL,
  -- SHA-256 of the text, and of the one that was in force before: what the journal has of them.
  digest TEXT NOT NULL,
  replaced TEXT NOT NULL,
  proposal {{int}} NOT NULL UNIQUE REFERENCES identity_proposal (id)
){{strict}};

-- Codes sent to phones: to sign in, to register, to change the phone. The code itself is never stored, only its keyed
-- digest; what was typed with it lies sealed until it is answered.
create table identity_code (
  -- Of the token the browser holds.
  token_index TEXT NOT NULL PRIMARY KEY,
  -- sign_in, register or phone
  purpose TEXT NOT NULL,
  -- Whose it is; 0 where nobody's: it is asked for and answered like any other.
  account {{int}} NOT NULL,
  code_index TEXT NOT NULL,
  -- Phone, and for a registration name and number.
  asked_sealed {{bytes}} NOT NULL,
  -- Wrong answers to this code.
  tries {{int}} NOT NULL,
  -- When the code is over, and when it is too late to ask for another.
  expires_at {{int}} NOT NULL,
  ends_at {{int}} NOT NULL
){{strict}};
create index identity_code_end on identity_code (ends_at);

-- How many codes were asked for, by phone (keyed digest) and by network address. Removed when it no longer counts.
create table identity_quota (
  subject TEXT NOT NULL PRIMARY KEY,
  since {{int}} NOT NULL,
  asked {{int}} NOT NULL,
  last_at {{int}} NOT NULL
){{strict}};
create index identity_quota_age on identity_quota (last_at);
