-- How far the log's private intents are added up, and what they come to by account: what one start has read, the next need not
-- read again. Sealed: whoever edits the file could else leave intents out of it.
CREATE TABLE privacy_books (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  entries INTEGER NOT NULL CHECK (entries >= 0),
  accounts TEXT NOT NULL
) STRICT;
