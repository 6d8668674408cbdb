-- Values that must never leave, by digests under a key of the gateway's: the values themselves stand nowhere. `hint` is a short hash of the
-- value, encrypted; it spares most cells the digest. Nothing is deleted: a canary that is given up is retired.
CREATE TABLE canaries (
  id TEXT PRIMARY KEY NOT NULL,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  hint INTEGER NOT NULL,
  label TEXT NOT NULL,
  on_hit TEXT NOT NULL CHECK (on_hit IN ('freeze', 'report')),
  created_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  retired_by TEXT,
  retired_at TEXT
) STRICT;
