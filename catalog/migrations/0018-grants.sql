-- Who may sign for an organisation, what operators are authorised to use, and who signed and revoked that (domain.md, 05 06 09).
CREATE TABLE party_keys (
  org TEXT NOT NULL,
  thumbprint TEXT NOT NULL,
  public_key TEXT NOT NULL,
  registered_by TEXT NOT NULL,
  registered_at TEXT NOT NULL,
  confirmed_by TEXT,
  confirmed_at TEXT,
  retired_by TEXT,
  retired_at TEXT,
  PRIMARY KEY (org, thumbprint)
) STRICT, WITHOUT ROWID;

CREATE TABLE grants (
  id TEXT PRIMARY KEY NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('whole', 'individual')),
  operator TEXT NOT NULL,
  providers TEXT NOT NULL,
  tables TEXT NOT NULL,
  classes TEXT NOT NULL,
  purpose TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  org TEXT NOT NULL,
  author TEXT NOT NULL,
  hash TEXT NOT NULL,
  proposed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Finds the grants that may cover a table: `*` in whole ones. Says nothing by itself, what a grant covers stands in `grants`.
CREATE TABLE grant_tables (
  operator TEXT NOT NULL,
  resource TEXT NOT NULL,
  grant_id TEXT NOT NULL,
  PRIMARY KEY (operator, resource, grant_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE grant_signatures (
  grant_id TEXT NOT NULL,
  org TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('bureau', 'provider')),
  by TEXT NOT NULL,
  thumbprint TEXT NOT NULL,
  jws TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (grant_id, org)
) STRICT, WITHOUT ROWID;

CREATE TABLE grant_revocations (
  grant_id TEXT NOT NULL,
  org TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('bureau', 'provider')),
  by TEXT NOT NULL,
  reason TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (grant_id, org)
) STRICT, WITHOUT ROWID;

-- Who serves a plan. Null in plans of before: nothing runs under them until they are filed anew.
ALTER TABLE plans ADD COLUMN operator TEXT;
