-- What stands between an approved plan and its first job: rules in versions, developers' dossiers, agreements and their filing, supply receipts.
CREATE TABLE rule_versions (
  hash TEXT PRIMARY KEY NOT NULL CHECK (length(hash) = 64),
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed_at TEXT NOT NULL,
  approved_by TEXT,
  approved_at TEXT,
  CHECK ((approved_by IS NULL) = (approved_at IS NULL))
) STRICT;

CREATE TABLE onboardings (
  org TEXT PRIMARY KEY NOT NULL REFERENCES organisations (id),
  credit_code TEXT NOT NULL UNIQUE CHECK (length(credit_code) = 18),
  rules TEXT NOT NULL,
  staff TEXT NOT NULL,
  applied_by TEXT NOT NULL,
  applied_at TEXT NOT NULL,
  verdict TEXT CHECK (verdict IN ('approve', 'refuse')),
  decided_by TEXT,
  decided_at TEXT
) STRICT;

-- Over a plan as its hash names it: another hash is another agreement.
CREATE TABLE plan_agreements (
  plan TEXT NOT NULL REFERENCES plans (id),
  plan_hash TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  developer_by TEXT,
  operator_by TEXT,
  signed_at TEXT,
  filing_no TEXT,
  filed_by TEXT,
  filed_at TEXT,
  PRIMARY KEY (plan, plan_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan_supplies (
  plan TEXT NOT NULL REFERENCES plans (id),
  resource TEXT NOT NULL REFERENCES resources (id),
  basis INTEGER NOT NULL,
  version INTEGER NOT NULL,
  content_sha256 TEXT NOT NULL,
  org TEXT NOT NULL,
  "by" TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (plan, resource, basis)
) STRICT, WITHOUT ROWID;
