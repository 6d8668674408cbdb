-- 授权运营目录: what may be granted. Changed in batches that the bureau proposes and that a second person of it and every provider concerned sign;
-- a batch is in force as a whole or not at all, and nothing of its history is ever deleted.
CREATE TABLE authorized_batches (
  batch INTEGER PRIMARY KEY NOT NULL CHECK (batch >= 1),
  comment TEXT NOT NULL,
  org TEXT NOT NULL,
  "by" TEXT NOT NULL,
  proposed_at TEXT NOT NULL,
  in_force_at TEXT,
  refused_at TEXT,
  CHECK (in_force_at IS NULL OR refused_at IS NULL)
) STRICT;

CREATE TABLE authorized_changes (
  batch INTEGER NOT NULL REFERENCES authorized_batches (batch),
  resource TEXT NOT NULL REFERENCES resources (id),
  provider TEXT NOT NULL,
  change TEXT NOT NULL CHECK (change IN ('add', 'remove')),
  PRIMARY KEY (batch, resource)
) STRICT, WITHOUT ROWID;
CREATE INDEX authorized_changes_resource ON authorized_changes (resource, batch);

CREATE TABLE authorized_signatures (
  batch INTEGER NOT NULL REFERENCES authorized_batches (batch),
  org TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('bureau', 'provider')),
  "by" TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('approve', 'refuse')),
  at TEXT NOT NULL,
  PRIMARY KEY (batch, org)
) STRICT, WITHOUT ROWID;

-- What developers ask providers for. `resource`: the draft that came of it.
CREATE TABLE demands (
  id TEXT PRIMARY KEY NOT NULL,
  org TEXT NOT NULL REFERENCES organisations (id),
  "by" TEXT NOT NULL,
  provider TEXT NOT NULL REFERENCES organisations (id),
  title TEXT NOT NULL,
  need TEXT NOT NULL,
  class TEXT NOT NULL CHECK (class IN ('governance', 'welfare', 'industry')),
  filed_at TEXT NOT NULL,
  verdict TEXT CHECK (verdict IN ('accept', 'decline')),
  comment TEXT,
  answered_by TEXT,
  answered_at TEXT,
  resource TEXT
) STRICT;
CREATE INDEX demands_org ON demands (org, id);
CREATE INDEX demands_provider ON demands (provider, id);
