-- What the database must know about itself: which key its personal data is sealed with.

create table platform_setting (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
){{strict}};
