-- A set may be known because it was given the number of another one that is near to it (kind `alias`, mode perturbed): what is near to the
-- alias gets that number too. `alias_of` is that other set's identity. SQLite changes no CHECK in place: both tables are made anew.
CREATE TABLE known_sets_new (
  id INTEGER PRIMARY KEY NOT NULL,
  identity TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('released', 'derived', 'drawn', 'alias', 'universe')),
  family TEXT NOT NULL,
  mode TEXT NOT NULL,
  job TEXT NOT NULL,
  at TEXT NOT NULL,
  asked TEXT NOT NULL DEFAULT '',
  alias_of TEXT
) STRICT;
INSERT INTO known_sets_new SELECT id, identity, kind, family, mode, job, at, asked, NULL FROM known_sets;

CREATE TABLE known_set_prints_new (
  lineage TEXT NOT NULL,
  set_id INTEGER NOT NULL REFERENCES known_sets_new (id),
  version INTEGER NOT NULL,
  row_key_scheme TEXT NOT NULL,
  print BLOB NOT NULL,
  PRIMARY KEY (lineage, set_id)
) STRICT, WITHOUT ROWID;
INSERT INTO known_set_prints_new SELECT lineage, set_id, version, row_key_scheme, print FROM known_set_prints;

DROP TABLE known_set_prints;
DROP TABLE known_sets;
ALTER TABLE known_sets_new RENAME TO known_sets;
ALTER TABLE known_set_prints_new RENAME TO known_set_prints;
CREATE INDEX known_set_prints_set ON known_set_prints (set_id);
