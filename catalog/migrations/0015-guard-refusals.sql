-- What the differencing guard hid that every other rule would have shown, for those who watch over a resource. `job` and `near` name
-- answers; what the sets of rows were is nowhere told.
CREATE TABLE guard_refusals (
  id INTEGER PRIMARY KEY NOT NULL,
  lineage TEXT NOT NULL,
  job TEXT NOT NULL,
  why TEXT NOT NULL CHECK (why IN ('near', 'sum', 'too-many')),
  near TEXT,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX guard_refusals_at ON guard_refusals (lineage, at);
