-- Published services and cities. A version is written once and never changed; publishing a new one closes the one before.

create table catalogue_release (
  id {{int}} NOT NULL PRIMARY KEY,
  pack TEXT NOT NULL,
  published_at {{int}} NOT NULL,
  published_by TEXT NOT NULL,
  added {{int}} NOT NULL,
  changed {{int}} NOT NULL,
  retired {{int}} NOT NULL
){{strict}};

create table catalogue_version (
  id {{int}} NOT NULL PRIMARY KEY,
  release_id {{int}} NOT NULL REFERENCES catalogue_release (id),
  -- service or city
  kind TEXT NOT NULL,
  code TEXT NOT NULL,
  number {{int}} NOT NULL,
  digest TEXT NOT NULL,
  -- Canonical JSON.
  body TEXT NOT NULL,
  published_at {{int}} NOT NULL,
  unique (kind, code, number)
){{strict}};

-- Which version of each item is in force; a retired item has no row.
create table catalogue_current (
  kind TEXT NOT NULL,
  code TEXT NOT NULL,
  pack TEXT NOT NULL,
  version_id {{int}} NOT NULL REFERENCES catalogue_version (id),
  primary key (kind, code)
){{strict}};
