-- How many working days things may take, and the holidays of years that this program does not know. Each version is whole.
CREATE TABLE time_limits (
  version INTEGER PRIMARY KEY NOT NULL CHECK (version > 0),
  limits TEXT NOT NULL,
  holidays TEXT NOT NULL,
  comment TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed_at TEXT NOT NULL,
  approved_by TEXT,
  approved_at TEXT,
  CHECK ((approved_by IS NULL) = (approved_at IS NULL))
) STRICT;
