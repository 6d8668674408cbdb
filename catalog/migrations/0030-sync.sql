-- Platforms that hand over entries, requests and notices of batches (domain.md, 12): who they are, their envelopes, their lists of each day, and
-- where lists and envelopes do not agree. Nothing of it is ever deleted.
CREATE TABLE sync_peers (
  id TEXT PRIMARY KEY NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('outside', 'inside')),
  org TEXT NOT NULL REFERENCES organisations (id),
  declared_by TEXT NOT NULL,
  declared_at TEXT NOT NULL,
  confirmed_by TEXT,
  confirmed_at TEXT
) STRICT, WITHOUT ROWID;

-- `subject`: the table, or the demand, that it is about; `announces`: the digest of the batch.
CREATE TABLE sync_envelopes (
  peer TEXT NOT NULL REFERENCES sync_peers (id),
  key TEXT NOT NULL,
  sequence INTEGER NOT NULL CHECK (sequence >= 1),
  kind TEXT NOT NULL CHECK (kind IN ('catalogue-entry', 'resource-request', 'batch-notice')),
  day TEXT NOT NULL,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  subject TEXT NOT NULL,
  announces TEXT CHECK ((kind = 'batch-notice') = (announces IS NOT NULL)),
  jws TEXT NOT NULL,
  received_by TEXT NOT NULL,
  received_at TEXT NOT NULL,
  entry_index INTEGER NOT NULL,
  PRIMARY KEY (peer, key),
  UNIQUE (peer, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX sync_envelopes_subject ON sync_envelopes (subject, kind, announces);
CREATE INDEX sync_envelopes_day ON sync_envelopes (peer, day);

CREATE TABLE sync_lists (
  peer TEXT NOT NULL REFERENCES sync_peers (id),
  day TEXT NOT NULL,
  digest TEXT NOT NULL,
  items TEXT NOT NULL,
  jws TEXT NOT NULL,
  listed_by TEXT NOT NULL,
  listed_at TEXT NOT NULL,
  PRIMARY KEY (peer, day)
) STRICT, WITHOUT ROWID;

-- Of a key that may never have arrived here.
CREATE TABLE sync_mismatches (
  peer TEXT NOT NULL REFERENCES sync_peers (id),
  key TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('missing-here', 'missing-there', 'differs')),
  day TEXT NOT NULL,
  found_by TEXT NOT NULL,
  found_at TEXT NOT NULL,
  verdict TEXT CHECK (verdict IN ('accept', 'discard')),
  reason TEXT,
  decided_by TEXT,
  decided_at TEXT,
  PRIMARY KEY (peer, key),
  CHECK ((verdict IS NULL) = (reason IS NULL) AND (verdict IS NULL) = (decided_by IS NULL))
) STRICT, WITHOUT ROWID;
