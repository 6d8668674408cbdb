-- Versions of catalogue entries: what an entry said, what changed, and the version that reviewers judge by (`basis`). None is ever changed but
-- for the log entry that vouches for it. What may be long stands last: `basis` is read by every job.
CREATE TABLE entry_revisions (
  resource TEXT NOT NULL REFERENCES resources (id),
  revision INTEGER NOT NULL CHECK (revision >= 1),
  basis INTEGER NOT NULL CHECK (basis BETWEEN 1 AND revision),
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  "by" TEXT NOT NULL,
  at TEXT NOT NULL,
  entry_index INTEGER,
  changes TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (resource, revision)
) STRICT, WITHOUT ROWID;

-- Decisions before a listing: one of each gate for each version that is to be judged.
CREATE TABLE listing_gates (
  resource TEXT NOT NULL REFERENCES resources (id),
  basis INTEGER NOT NULL,
  gate TEXT NOT NULL CHECK (gate IN ('secrecy', 'security', 'personal-information')),
  verdict TEXT NOT NULL CHECK (verdict IN ('approve', 'refuse')),
  org TEXT NOT NULL,
  "by" TEXT NOT NULL,
  comment TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (resource, basis, gate)
) STRICT, WITHOUT ROWID;

-- 使用条件 as they are enforced; null: every class of plans, for analysis.
ALTER TABLE resources ADD COLUMN terms TEXT;

-- Which version of each table's entry a plan was submitted over, as a JSON object; null in plans of older homes.
ALTER TABLE plans ADD COLUMN basis TEXT;

-- Reviews of a plan whose tables' entries changed since: one of each organisation for each state of the entries.
CREATE TABLE plan_reviews (
  plan TEXT NOT NULL REFERENCES plans (id),
  basis TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('bureau', 'provider')),
  org TEXT NOT NULL,
  "by" TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('approve', 'refuse')),
  comment TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (plan, basis, org)
) STRICT, WITHOUT ROWID;
