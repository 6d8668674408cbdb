-- How operators came to operate, what speaks against them, to whom they belong, and how they left (domain.md, 07 13–18).
CREATE TABLE operator_agreements (
  id TEXT PRIMARY KEY NOT NULL,
  operator TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('award', 'renewal')),
  valid_from TEXT NOT NULL,
  valid_end TEXT NOT NULL,
  publicity_days INTEGER NOT NULL CHECK (publicity_days BETWEEN 0 AND 60),
  hash TEXT NOT NULL,
  opened_by TEXT NOT NULL,
  opened_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX operator_agreements_of ON operator_agreements (operator);

CREATE TABLE operator_steps (
  agreement TEXT NOT NULL,
  position INTEGER NOT NULL,
  step TEXT NOT NULL,
  org TEXT NOT NULL,
  by TEXT NOT NULL,
  note TEXT NOT NULL,
  jws TEXT,
  day TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (agreement, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE operator_incidents (
  id TEXT PRIMARY KEY NOT NULL,
  operator TEXT NOT NULL,
  day TEXT NOT NULL,
  note TEXT NOT NULL,
  recorded_by TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  verdict TEXT CHECK (verdict IN ('dismissed', 'confirmed')),
  decided_by TEXT,
  decided_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX operator_incidents_of ON operator_incidents (operator);

CREATE TABLE affiliations (
  org TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('ownership', 'credit-code', 'legal-person', 'key')),
  value TEXT NOT NULL,
  source TEXT NOT NULL,
  declared_by TEXT NOT NULL,
  declared_at TEXT NOT NULL,
  PRIMARY KEY (org, kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX affiliations_with ON affiliations (kind, value);

CREATE TABLE operator_exits (
  operator TEXT PRIMARY KEY NOT NULL,
  cause TEXT NOT NULL CHECK (cause IN ('expiry', 'application', 'breach')),
  reason TEXT NOT NULL,
  ordered_by TEXT NOT NULL,
  ordered_at TEXT NOT NULL,
  package TEXT,
  package_sha256 TEXT,
  package_entry INTEGER,
  destroyed_at TEXT,
  certificate TEXT,
  entry_index INTEGER
) STRICT, WITHOUT ROWID;
