-- How long versions of a table are kept that are no longer the current one. A table without a row is kept as retention.ts says.
CREATE TABLE retention_rules (
  resource TEXT PRIMARY KEY,
  versions_max INTEGER NOT NULL CHECK (versions_max >= 1),
  days_max INTEGER CHECK (days_max >= 0)
) STRICT;
