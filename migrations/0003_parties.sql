-- Natural and legal persons, keyed by their legal number (found by blind index, kept sealed).

create table parties_party (
  id {{int}} NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  -- Searched by their beginning: byte order on both engines, whatever the database was created with.
-- only: sqlite
  name TEXT NOT NULL,
-- end
-- only: postgres
  name TEXT COLLATE "C" NOT NULL,
-- end
  number_kind TEXT NOT NULL,
  number_index TEXT NOT NULL,
  number_sealed {{bytes}} NOT NULL,
  -- Empty where no phone is known.
  phone_index TEXT NOT NULL,
  phone_sealed {{bytes}} NOT NULL,
  address_sealed {{bytes}} NOT NULL,
  -- Lower-case pinyin initials, for finding people by typing.
-- only: sqlite
  initials TEXT NOT NULL,
-- end
-- only: postgres
  initials TEXT COLLATE "C" NOT NULL,
-- end
  revision {{int}} NOT NULL,
  created_at {{int}} NOT NULL,
  updated_at {{int}} NOT NULL,
  updated_by TEXT NOT NULL,
  unique (number_index, number_kind)
){{strict}};
create index parties_party_phone on parties_party (phone_index, id);
create index parties_party_name on parties_party (name, id);
create index parties_party_initials on parties_party (initials, id);

-- Where people live, for finding them by it: each row is one part of an address that leads to a door, by blind index.
create table parties_place (
  place TEXT NOT NULL,
  party {{int}} NOT NULL REFERENCES parties_party (id),
  primary key (place, party)
){{strict}};
create index parties_place_party on parties_place (party);
