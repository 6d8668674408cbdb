-- A set may be known because noise drawn for it hid it (kind `drawn`, mode perturbed): it counts for the cap on distinct sets, and
-- nothing is compared with it. SQLite changes no CHECK in place: both tables are made anew, as 0003 and 0020 made them.
CREATE TABLE known_sets_new (
  id INTEGER PRIMARY KEY NOT NULL,
  identity TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('released', 'derived', 'drawn', 'universe')),
  family TEXT NOT NULL,
  mode TEXT NOT NULL,
  job TEXT NOT NULL,
  at TEXT NOT NULL,
  asked TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO known_sets_new SELECT id, identity, kind, family, mode, job, at, asked FROM known_sets;

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
