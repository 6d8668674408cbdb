-- What released answers stand on, for the differencing guard (policies/release/guard). Nothing here is ever deleted: what a
-- reader knows stays known, also of versions whose data is destroyed.
CREATE TABLE known_sets (
  id INTEGER PRIMARY KEY NOT NULL,
  identity TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('released', 'derived', 'universe')),
  family TEXT NOT NULL,
  mode TEXT NOT NULL,
  job TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;

-- One sketch per lineage that a set touches: occupied slots as (slot u8, sum of row keys f64, rows f64), little-endian.
CREATE TABLE known_set_prints (
  lineage TEXT NOT NULL,
  set_id INTEGER NOT NULL REFERENCES known_sets (id),
  version INTEGER NOT NULL,
  row_key_scheme TEXT NOT NULL,
  print BLOB NOT NULL,
  PRIMARY KEY (lineage, set_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX known_set_prints_set ON known_set_prints (set_id);
