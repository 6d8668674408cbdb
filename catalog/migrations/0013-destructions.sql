-- Versions that are to be destroyed, and the certificates of those that are. The data's key goes first; a row without a certificate is
-- work that a crash cut off. `entry_index`: the log entry that vouches for the certificate.
CREATE TABLE destructions (
  resource TEXT NOT NULL,
  version INTEGER NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('ordered', 'withdrawn', 'retention')),
  ordered_by TEXT NOT NULL,
  ordered_at TEXT NOT NULL,
  certificate TEXT,
  entry_index INTEGER,
  PRIMARY KEY (resource, version),
  CHECK ((certificate IS NULL) = (entry_index IS NULL))
) STRICT;
