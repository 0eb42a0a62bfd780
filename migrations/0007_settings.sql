-- What the database must know about itself: which key its personal data is sealed with.

create table platform_setting (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
){{strict}};

-- The keys that data is sealed with, each wrapped by the master key, which is in no database.
create table platform_key (
  number {{int}} NOT NULL PRIMARY KEY,
  algorithm TEXT NOT NULL,
  wrapped {{bytes}} NOT NULL,
  made_at {{int}} NOT NULL,
  -- Every process knows it by then.
  used_from {{int}} NOT NULL
){{strict}};
