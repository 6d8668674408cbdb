-- The first layout of a home. Timestamps are ISO 8601 UTC text, dates are `YYYY-MM-DD`, amounts of the ledger are
-- fixed point in units of 1e-9. A released migration is never edited: the next change is the next file.

CREATE TABLE organisations (
  id TEXT PRIMARY KEY NOT NULL,
  title_zh TEXT NOT NULL,
  title_en TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('provider', 'developer', 'operator', 'bureau', 'security', 'custodian'))
) STRICT;

CREATE TABLE resources (
  id TEXT PRIMARY KEY NOT NULL,
  entry_no INTEGER,
  entry_title_zh TEXT NOT NULL,
  entry_title_en TEXT NOT NULL,
  title_zh TEXT NOT NULL,
  title_en TEXT NOT NULL,
  provider TEXT NOT NULL REFERENCES organisations (id),
  frequency TEXT NOT NULL,
  conditions TEXT NOT NULL,
  format TEXT NOT NULL,
  schema TEXT NOT NULL,
  schema_hash TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'listed', 'withdrawn')),
  current_version INTEGER,
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL
) STRICT;
CREATE INDEX resources_provider ON resources (provider, id);

CREATE TABLE resource_versions (
  resource TEXT NOT NULL REFERENCES resources (id),
  version INTEGER NOT NULL CHECK (version >= 1),
  state TEXT NOT NULL CHECK (state IN ('writing', 'current', 'superseded', 'destroyed')),
  rows INTEGER,
  bytes INTEGER,
  rows_per_unit_max TEXT NOT NULL,
  content_sha256 TEXT,
  report TEXT,
  created_at TEXT NOT NULL,
  PRIMARY KEY (resource, version)
) STRICT;
CREATE UNIQUE INDEX resource_versions_current ON resource_versions (resource) WHERE state = 'current';
CREATE INDEX resource_versions_state ON resource_versions (state);

CREATE TABLE plans (
  id TEXT PRIMARY KEY NOT NULL,
  title TEXT NOT NULL,
  purpose TEXT NOT NULL,
  class TEXT NOT NULL CHECK (class IN ('governance', 'welfare', 'industry')),
  org TEXT NOT NULL REFERENCES organisations (id),
  author TEXT NOT NULL,
  tables TEXT NOT NULL,
  units_min INTEGER,
  jobs_max INTEGER,
  valid_from TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('submitted', 'approved', 'refused', 'revoked')),
  hash TEXT NOT NULL,
  submitted_at TEXT NOT NULL,
  revocation TEXT
) STRICT;
CREATE INDEX plans_org ON plans (org, id);
CREATE INDEX plans_state ON plans (state, id);

-- Who is asked: one row for each resource of the plan as it was submitted. A refusal marks the provider's rows.
CREATE TABLE plan_resources (
  plan TEXT NOT NULL REFERENCES plans (id),
  resource TEXT NOT NULL REFERENCES resources (id),
  provider TEXT NOT NULL REFERENCES organisations (id),
  PRIMARY KEY (plan, resource)
) STRICT, WITHOUT ROWID;
CREATE INDEX plan_resources_provider ON plan_resources (provider, plan);

CREATE TABLE plan_decisions (
  plan TEXT NOT NULL REFERENCES plans (id),
  role TEXT NOT NULL CHECK (role IN ('bureau', 'provider')),
  org TEXT NOT NULL REFERENCES organisations (id),
  "by" TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('approve', 'refuse')),
  comment TEXT NOT NULL,
  plan_hash TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (plan, role, org)
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY NOT NULL,
  id TEXT NOT NULL UNIQUE,
  idempotency_key TEXT,
  request_sha256 TEXT NOT NULL,
  sub TEXT NOT NULL,
  org TEXT NOT NULL,
  plan TEXT NOT NULL,
  sql TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'finished', 'refused', 'failed', 'cancelled')),
  created_at TEXT NOT NULL,
  started_at TEXT,
  finished_at TEXT,
  mode TEXT,
  problem TEXT,
  result_sha256 TEXT,
  intent_index INTEGER,
  outcome_index INTEGER
) STRICT;
-- Rows without a key never collide: SQLite holds NULLs distinct.
CREATE UNIQUE INDEX jobs_idempotency ON jobs (org, sub, idempotency_key);
CREATE INDEX jobs_sub ON jobs (org, sub, seq);
CREATE INDEX jobs_plan ON jobs (plan, seq);
CREATE INDEX jobs_unfinished ON jobs (seq) WHERE state IN ('queued', 'running');

CREATE TABLE job_results (
  job TEXT PRIMARY KEY NOT NULL REFERENCES jobs (id),
  json BLOB NOT NULL,
  sha256 TEXT NOT NULL
) STRICT;

CREATE TABLE ledger_accounts (
  account TEXT PRIMARY KEY NOT NULL,
  spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
  reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  "limit" INTEGER CHECK ("limit" IS NULL OR "limit" >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_reservations (
  job TEXT NOT NULL,
  account TEXT NOT NULL REFERENCES ledger_accounts (account),
  amount INTEGER NOT NULL CHECK (amount >= 0),
  state TEXT NOT NULL CHECK (state IN ('reserved', 'settled')),
  PRIMARY KEY (job, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_entries (
  idx INTEGER PRIMARY KEY NOT NULL,
  bytes BLOB NOT NULL CHECK (length(bytes) BETWEEN 2 AND 65535)
) STRICT;

-- Apart from the entries, so that the tree reads 32 bytes a leaf, and an entry moved or changed alone shows by itself.
CREATE TABLE audit_leaves (
  idx INTEGER PRIMARY KEY NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Roots of full tiles: node (level, n) stands for the 256 nodes (level - 1, 256 n …); level 0 are the leaves. Derived.
CREATE TABLE audit_nodes (
  level INTEGER NOT NULL CHECK (level BETWEEN 1 AND 6),
  n INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_checkpoints (
  size INTEGER PRIMARY KEY NOT NULL,
  root BLOB NOT NULL CHECK (length(root) = 32),
  note TEXT
) STRICT;

-- Search index, derived from the entries: one token for each person, resource, column, word … of an entry.
CREATE VIRTUAL TABLE audit_index USING fts5 (
  tokens, content = '', detail = none, columnsize = 0, tokenize = 'ascii'
);
-- Which stretch of the log a day or a minute lies in. Clocks may step back, so stretches may overlap.
CREATE TABLE audit_periods (
  unit TEXT NOT NULL CHECK (unit IN ('day', 'minute')),
  period TEXT NOT NULL,
  idx_min INTEGER NOT NULL,
  idx_max INTEGER NOT NULL,
  PRIMARY KEY (unit, period)
) STRICT, WITHOUT ROWID;
-- One row: the first entry that the index does not hold yet.
CREATE TABLE audit_indexed (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  next INTEGER NOT NULL
) STRICT;
INSERT INTO audit_indexed (id, next) VALUES (1, 0);

CREATE TABLE settings (
  name TEXT PRIMARY KEY NOT NULL,
  json TEXT NOT NULL
) STRICT, WITHOUT ROWID;
