-- The transparency log over the journal: which leaf an entry became, tiles of hashes, bundles of entries, signed roots.

-- The salt keeps what a leaf binds from being guessed. With it gone, the leaf says nothing of anybody any more.
create table ledger_leaf (
  leaf {{int}} NOT NULL PRIMARY KEY,
  seq {{int}} NOT NULL UNIQUE,
  salt {{bytes}} NOT NULL
){{strict}};

-- Full tiles and, of each level, the one that is still filling up.
create table ledger_tile (
  level {{int}} NOT NULL,
  tile {{int}} NOT NULL,
  hashes {{bytes}} NOT NULL,
  primary key (level, tile)
){{strict}};

create table ledger_bundle (
  bundle {{int}} NOT NULL PRIMARY KEY,
  entries {{bytes}} NOT NULL
){{strict}};

-- The newest, and the last of each day.
create table ledger_checkpoint (
  size {{int}} NOT NULL PRIMARY KEY,
  day TEXT NOT NULL,
  at {{int}} NOT NULL,
  -- Text and signatures of this log; a signed note.
  note TEXT NOT NULL
){{strict}};
create index ledger_checkpoint_day on ledger_checkpoint (day, size);

-- What witnesses put under a checkpoint.
create table ledger_cosignature (
  size {{int}} NOT NULL,
  witness TEXT NOT NULL,
  line TEXT NOT NULL,
  at {{int}} NOT NULL,
  primary key (size, witness)
){{strict}};

-- As a witness of other logs: what was last cosigned of each.
create table ledger_witnessed (
  origin TEXT NOT NULL PRIMARY KEY,
  size {{int}} NOT NULL,
  root TEXT NOT NULL,
  at {{int}} NOT NULL
){{strict}};
