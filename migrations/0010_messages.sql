-- Messages that wait to be sent: written in the transaction of the act they tell of, gone once they are sent or too late.

create table messages_outbox (
  id {{int}} NOT NULL PRIMARY KEY,
  -- What it is about, for the journal: code, notice.
  kind TEXT NOT NULL,
  phone_sealed {{bytes}} NOT NULL,
  text_sealed {{bytes}} NOT NULL,
  tries {{int}} NOT NULL,
  -- When it is tried next; moved on before each try, so that of two nodes one sends.
  next_at {{int}} NOT NULL,
  expires_at {{int}} NOT NULL,
  created_at {{int}} NOT NULL
){{strict}};
create index messages_outbox_next on messages_outbox (next_at, id);
