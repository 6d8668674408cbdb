-- Developers' own data. A row stands beside the draft resource that holds it; `hash`: of all that is accepted, the content included.
CREATE TABLE intakes (
  resource TEXT PRIMARY KEY NOT NULL,
  plan TEXT NOT NULL,
  org TEXT NOT NULL,
  source TEXT NOT NULL,
  basis TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('opened', 'quarantined', 'accepted', 'refused', 'ended')),
  version INTEGER,
  hash TEXT,
  created_by TEXT NOT NULL,
  decided_by TEXT,
  decided_at TEXT
) STRICT;

-- Every table of this kind that a plan ever took into the vault, whatever became of it.
CREATE TABLE intake_uploads (
  seq INTEGER PRIMARY KEY NOT NULL,
  plan TEXT NOT NULL,
  resource TEXT NOT NULL,
  version INTEGER NOT NULL,
  at TEXT NOT NULL
) STRICT;
