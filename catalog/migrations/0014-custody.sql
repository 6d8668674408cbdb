-- A custodian's own state; empty in a gateway's home. `custody_packages`: for which version of which data it holds a key, as the provider
-- declared it (`facts`); `header` is the data key, wrapped for the custodian, NULL once it was destroyed. `failures`: encrypted sums that were not
-- what they were said to be.
CREATE TABLE custody_packages (
  dataset TEXT NOT NULL,
  version TEXT NOT NULL,
  key_id TEXT NOT NULL,
  signer TEXT NOT NULL,
  facts TEXT NOT NULL,
  header TEXT,
  failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
  accepted_at TEXT NOT NULL,
  PRIMARY KEY (dataset, version)
) STRICT;

-- One row a request that was let through to opening. `nonce` is the request's own and never comes twice.
CREATE TABLE custody_openings (
  id TEXT PRIMARY KEY NOT NULL,
  nonce TEXT NOT NULL UNIQUE,
  dataset TEXT NOT NULL,
  version TEXT NOT NULL,
  plan TEXT NOT NULL,
  plan_hash TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('begun', 'opened', 'failed')),
  at TEXT NOT NULL
) STRICT;
CREATE INDEX custody_openings_plan ON custody_openings (plan, at);

-- Sets of rows that something was opened about: compressed bitmaps over row indices.
CREATE TABLE custody_sets (
  dataset TEXT NOT NULL,
  version TEXT NOT NULL,
  name TEXT NOT NULL,
  size INTEGER NOT NULL CHECK (size > 0),
  bits BLOB NOT NULL,
  PRIMARY KEY (dataset, version, name)
) STRICT;
CREATE INDEX custody_sets_size ON custody_sets (dataset, version, size);

-- Numbers that were opened, with their noise: asked for again, they are given again.
CREATE TABLE custody_cells (
  dataset TEXT NOT NULL,
  version TEXT NOT NULL,
  set_name TEXT NOT NULL,
  functional TEXT NOT NULL,
  variance TEXT NOT NULL,
  noisy TEXT NOT NULL,
  PRIMARY KEY (dataset, version, set_name, functional)
) STRICT, WITHOUT ROWID;
