-- Whom an entry names (logged-people.ts). The entry holds a salted commitment alone, so that a name can be erased and the log stays
-- what was signed.
CREATE TABLE audit_openings (
  idx INTEGER NOT NULL,
  part TEXT NOT NULL CHECK (part IN ('who', 'about')),
  org TEXT NOT NULL,
  sub TEXT NOT NULL,
  salt BLOB NOT NULL CHECK (length(salt) = 16),
  PRIMARY KEY (idx, part)
) STRICT, WITHOUT ROWID;
