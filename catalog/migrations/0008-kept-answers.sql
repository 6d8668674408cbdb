-- Released answers that are given again to whoever asks the very same thing: which question (`name`, a keyed hash of all that
-- an answer depends on) and which job was answered first; the answer itself is that job's. `paid`: it cost privacy.
-- `used` is the index of the log entry that last gave it.
CREATE TABLE kept_answers (
  name TEXT PRIMARY KEY NOT NULL,
  job TEXT NOT NULL REFERENCES jobs (id),
  paid INTEGER NOT NULL CHECK (paid IN (0, 1)),
  used INTEGER NOT NULL,
  mac BLOB NOT NULL CHECK (length(mac) = 32)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_answers_used ON kept_answers (paid, used);
