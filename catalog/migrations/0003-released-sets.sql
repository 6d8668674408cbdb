-- Every set of rows that a value has left over, of all accounts, jobs and versions: what the differencing guard compares with
-- (policies/release/guard). One row per set and table joined in it; nothing is ever removed.
CREATE TABLE released_sets (
  id INTEGER NOT NULL PRIMARY KEY,
  lineage TEXT NOT NULL,
  identity TEXT NOT NULL,
  version INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('released', 'derived', 'universe')),
  family TEXT NOT NULL,
  key_sums BLOB NOT NULL,
  row_counts BLOB NOT NULL,
  job TEXT NOT NULL
) STRICT;
CREATE INDEX released_sets_lineage ON released_sets (lineage, id);

-- The number that was given for a set in mode `perturbed`: given again for every set that is too near to tell apart.
CREATE TABLE given_values (
  set_name TEXT NOT NULL,
  functional TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (set_name, functional)
) STRICT, WITHOUT ROWID;
