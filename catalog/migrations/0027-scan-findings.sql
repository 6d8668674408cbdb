-- Columns that a scan found to hold identifiers which are not declared: an upload was refused for it, and what became of that.
-- `schema_hash`: of the declaration that they were held against; what was said of one says nothing of another.
CREATE TABLE scan_findings (
  resource TEXT NOT NULL,
  column_name TEXT NOT NULL,
  kind TEXT NOT NULL,
  schema_hash TEXT NOT NULL,
  share REAL NOT NULL CHECK (share BETWEEN 0 AND 1),
  level_min TEXT NOT NULL,
  found_at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('blocked', 'disputed', 'confirmed', 'refused')),
  reason TEXT,
  disputed_by TEXT,
  disputed_at TEXT,
  decided_by TEXT,
  decided_at TEXT,
  comment TEXT,
  PRIMARY KEY (resource, column_name, kind)
) STRICT, WITHOUT ROWID;
