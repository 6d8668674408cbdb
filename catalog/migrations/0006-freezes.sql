-- What the security office has stopped. Nothing is deleted: a thaw is a second person's name on the row.
CREATE TABLE freezes (
  id TEXT PRIMARY KEY NOT NULL,
  scope TEXT NOT NULL CHECK (scope IN ('platform', 'organisation', 'developer', 'plan', 'grant', 'resource')),
  target TEXT NOT NULL,
  reason TEXT NOT NULL,
  frozen_by TEXT NOT NULL,
  frozen_at TEXT NOT NULL,
  thaw_asked_by TEXT,
  thaw_asked_at TEXT,
  thawed_by TEXT CHECK (thawed_by IS NULL OR (thaw_asked_by IS NOT NULL AND thawed_by <> thaw_asked_by)),
  thawed_at TEXT
) STRICT;

