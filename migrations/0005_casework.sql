-- Cases, their tasks, clocks and documents. A case changes only by a command (crates/casework/src/command.rs).

create table casework_case (
  id {{int}} NOT NULL PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,
  service TEXT NOT NULL,
  version_id {{int}} NOT NULL,
  revision {{int}} NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT NOT NULL,
  channel TEXT NOT NULL,
  delivery TEXT NOT NULL,
  applicant {{int}} NOT NULL,
  applicant_name TEXT NOT NULL,
  -- Drawn with the start form: sending the form twice makes one case.
  nonce TEXT NOT NULL,
  office TEXT NOT NULL,
  lead TEXT NOT NULL,
  region TEXT NOT NULL,
  -- All answers and officers' records, sealed JSON.
  facts {{bytes}} NOT NULL,
  created_by {{int}} NOT NULL,
  created_at {{int}} NOT NULL,
  submitted_at {{int}},
  received_at {{int}},
  accepted_at {{int}},
  deemed {{int}} NOT NULL,
  decided_at {{int}},
  closed_at {{int}},
  -- Why it was withdrawn or voided; empty for every other end.
  ended_because TEXT NOT NULL,
  precheck_due {{int}},
  correction_due {{int}},
  -- When the correction was supplied, from the notice below, so that a list tells it without opening the notice.
  supplied_at {{int}},
  statutory_due {{int}},
  promised_due {{int}},
  stopped_since {{int}},
  -- While it is on its way (handed in, not over): what it runs towards, the answer, the correction or the decision; the
  -- far future when nothing runs.
  running {{int}},
  -- When a timer must look at it; null when nothing is pending.
  timer_at {{int}},
  -- The one-time notice, JSON; empty when none was given.
  correction TEXT NOT NULL,
  -- How many rows the case has in casework_stop, casework_extension and casework_bill, so that a command reads only what is there.
  stops {{int}} NOT NULL,
  extensions {{int}} NOT NULL,
  bills {{int}} NOT NULL,
  documents {{int}} NOT NULL,
  updated_at {{int}} NOT NULL,
  updated_by TEXT NOT NULL,
  unique (applicant, nonce)
){{strict}};
create index casework_case_applicant on casework_case (applicant, id);
-- What an applicant has running: lists of it do not walk what is over.
create index casework_case_mine on casework_case (applicant, id) where closed_at is null;
create index casework_case_timer on casework_case (timer_at, id) where timer_at is not null;
create index casework_case_office on casework_case (office, state, id) where closed_at is null;
-- The board: every case on its way by what it runs towards. Holds all that lists and counts look at, so that neither
-- reads the wide rows.
create index casework_case_running on casework_case (running, id, lead, service, office, state, stopped_since)
  where running is not null;
create index casework_case_name on casework_case (applicant_name, id);
-- What clerks fill in at the counter; drafts that applicants fill in themselves are in no queue of anybody.
create index casework_case_drafts on casework_case (created_by, id)
  where channel = 'window' and state = 'draft' and closed_at is null;

create table casework_task (
  id {{int}} NOT NULL PRIMARY KEY,
  case_id {{int}} NOT NULL REFERENCES casework_case (id),
  -- The case's, so that lists of tasks are filtered by them without reading cases.
  service TEXT NOT NULL,
  office TEXT NOT NULL,
  step TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  -- dept:ID, office:ID or applicant
  owner TEXT NOT NULL,
  after_steps TEXT NOT NULL,
  within_limit TEXT NOT NULL,
  state TEXT NOT NULL,
  assignee {{int}},
  assignee_name TEXT NOT NULL,
  opened_at {{int}},
  due_at {{int}},
  -- What it runs towards: its own limit or the promise of its case, whichever comes first; the far future when nothing runs.
  running {{int}} NOT NULL,
  -- 1 while the clock of its case stands still.
  stopped {{int}} NOT NULL,
  done_at {{int}},
  finding TEXT NOT NULL,
  opinion TEXT NOT NULL,
  note TEXT NOT NULL,
  revision {{int}} NOT NULL,
  updated_by TEXT NOT NULL
){{strict}};
create index casework_task_case on casework_task (case_id, id);
-- The inbox: live tasks of an owner by what they run towards. What an inbox filters by stands behind, so that what it
-- leaves out is not read. Not `state in (…)`: SQLite would build a table of the three for every row that it writes.
create index casework_task_inbox on casework_task (owner, running, id, state, service, stopped)
  where (state = 'open' or state = 'claimed' or state = 'returned');
-- What departments ask of a window.
create index casework_task_returned on casework_task (office, id) where state = 'returned';
create index casework_task_mine on casework_task (assignee, running, id)
  where state in ('claimed', 'returned');

-- What was handed in for each material slot, and what the window or a reviewer found.
create table casework_material (
  case_id {{int}} NOT NULL REFERENCES casework_case (id),
  slot TEXT NOT NULL,
  -- missing, provided, original, accepted, rejected
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at {{int}} NOT NULL,
  primary key (case_id, slot)
){{strict}};

create table casework_file (
  id {{int}} NOT NULL PRIMARY KEY,
  case_id {{int}} NOT NULL REFERENCES casework_case (id),
  slot TEXT NOT NULL,
  name TEXT NOT NULL,
  mime TEXT NOT NULL,
  size {{int}} NOT NULL,
  digest TEXT NOT NULL,
  added_by TEXT NOT NULL,
  added_at {{int}} NOT NULL,
  -- Removed from the application, kept for the record.
  removed_at {{int}}
){{strict}};
create index casework_file_case on casework_file (case_id, slot, id);

-- What the applicant handed in each time: submission, then supplements. Sealed JSON of the facts.
create table casework_revision (
  case_id {{int}} NOT NULL REFERENCES casework_case (id),
  number {{int}} NOT NULL,
  at {{int}} NOT NULL,
  facts {{bytes}} NOT NULL,
  primary key (case_id, number)
){{strict}};

create table casework_stop (
  id {{int}} NOT NULL PRIMARY KEY,
  case_id {{int}} NOT NULL REFERENCES casework_case (id),
  task_id {{int}} NOT NULL,
  special TEXT NOT NULL,
  name TEXT NOT NULL,
  reason TEXT NOT NULL,
  started_at {{int}} NOT NULL,
  planned_to {{int}},
  ended_at {{int}},
  resets {{int}} NOT NULL,
  outcome TEXT NOT NULL
){{strict}};
create index casework_stop_case on casework_stop (case_id, id);

create table casework_extension (
  id {{int}} NOT NULL PRIMARY KEY,
  case_id {{int}} NOT NULL REFERENCES casework_case (id),
  -- Department whose head answers.
  lead TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  by_limit TEXT NOT NULL,
  requested_by {{int}} NOT NULL,
  requested_at {{int}} NOT NULL,
  answered_by {{int}} NOT NULL,
  answered_at {{int}}
){{strict}};
create index casework_extension_case on casework_extension (case_id, id);
create index casework_extension_open on casework_extension (lead, requested_at) where state = 'requested';

create table casework_bill (
  id {{int}} NOT NULL PRIMARY KEY,
  case_id {{int}} NOT NULL REFERENCES casework_case (id),
  task_id {{int}} NOT NULL,
  items TEXT NOT NULL,
  total {{int}} NOT NULL,
  state TEXT NOT NULL,
  raised_at {{int}} NOT NULL,
  paid_at {{int}},
  receipt TEXT NOT NULL
){{strict}};
create index casework_bill_case on casework_bill (case_id, id);

-- The statutory documents, each with what it said when it was issued.
create table casework_document (
  case_id {{int}} NOT NULL REFERENCES casework_case (id),
  number {{int}} NOT NULL,
  kind TEXT NOT NULL,
  task_id {{int}} NOT NULL,
  at {{int}} NOT NULL,
  issued_by TEXT NOT NULL,
  department TEXT NOT NULL,
  reason TEXT NOT NULL,
  -- Due times, items and amounts as they stood, JSON.
  body TEXT NOT NULL,
  primary key (case_id, number)
){{strict}};

create table casework_result (
  case_id {{int}} NOT NULL PRIMARY KEY REFERENCES casework_case (id),
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  number TEXT NOT NULL UNIQUE,
  department TEXT NOT NULL,
  issued_at {{int}} NOT NULL,
  valid_until TEXT NOT NULL,
  -- What the result shows, sealed JSON.
  shows {{bytes}} NOT NULL
){{strict}};

-- No reference to the case: a look at the register has none, and a look stays when a draft goes.
create table casework_look (
  id {{int}} NOT NULL PRIMARY KEY,
  party {{int}} NOT NULL,
  case_id {{int}} NOT NULL,
  account {{int}} NOT NULL,
  department TEXT NOT NULL,
  office TEXT NOT NULL,
  role TEXT NOT NULL,
  kind TEXT NOT NULL,
  -- Why, where whoever looked had to say it; empty elsewhere.
  reason TEXT NOT NULL,
  -- The same in their own words, sealed: they may have named somebody. Empty where the reason says it.
  why {{bytes}} NOT NULL,
  at {{int}} NOT NULL
){{strict}};

create index casework_look_party on casework_look (party, id);
-- How often somebody has had numbers in full before them: few rows of many.
create index casework_look_unmasked on casework_look (account, at) where kind = 'unmasked';
