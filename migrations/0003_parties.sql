-- Natural and legal persons, keyed by their legal number (found by blind index, kept sealed).

create table parties_party (
  id {{int}} NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  number_kind TEXT NOT NULL,
  number_index TEXT NOT NULL,
  number_sealed {{bytes}} NOT NULL,
  phone_index TEXT NOT NULL,
  phone_sealed {{bytes}} NOT NULL,
  address_sealed {{bytes}} NOT NULL,
  -- Lower-case pinyin initials, for finding people by typing.
  initials TEXT NOT NULL,
  revision {{int}} NOT NULL,
  created_at {{int}} NOT NULL,
  updated_at {{int}} NOT NULL,
  updated_by TEXT NOT NULL,
  unique (number_kind, number_index)
){{strict}};
create index parties_party_phone on parties_party (phone_index);
create index parties_party_name on parties_party (name, id);
