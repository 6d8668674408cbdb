-- Products: what is made of the city's data for others, version by version, held until it is reviewed (released hash = reviewed hash).
CREATE TABLE products (
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  form TEXT NOT NULL CHECK (form IN ('dataset', 'interface', 'model', 'report', 'index')),
  title_zh TEXT NOT NULL,
  title_en TEXT NOT NULL,
  plan TEXT NOT NULL,
  org TEXT NOT NULL,
  author TEXT NOT NULL,
  content TEXT NOT NULL,
  hash TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('submitted', 'approved', 'refused', 'published', 'superseded', 'withdrawn')),
  submitted_at TEXT NOT NULL,
  published_by TEXT,
  published_at TEXT,
  withdrawn_by TEXT,
  withdrawn_at TEXT,
  PRIMARY KEY (id, version)
) STRICT;
CREATE UNIQUE INDEX products_published ON products (id) WHERE state = 'published';

CREATE TABLE product_decisions (
  product TEXT NOT NULL,
  version INTEGER NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('bureau', 'provider')),
  org TEXT NOT NULL,
  by TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('approve', 'refuse')),
  comment TEXT NOT NULL,
  hash TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (product, version, role, org)
) STRICT;

-- Whose signatures make a consent. `subject`: a keyed digest of the one identifier that the key may consent for; null of an issuer's.
CREATE TABLE consent_keys (
  id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  jwk TEXT NOT NULL,
  subject TEXT,
  added_by TEXT NOT NULL,
  added_at TEXT NOT NULL,
  revoked_by TEXT,
  revoked_at TEXT
) STRICT;

-- How often consents were used, by the SHA-256 of what names them.
CREATE TABLE consent_uses (
  consent TEXT PRIMARY KEY,
  used INTEGER NOT NULL CHECK (used > 0)
) STRICT;

CREATE TABLE consent_withdrawals (
  consent TEXT PRIMARY KEY,
  withdrawn_by TEXT NOT NULL,
  withdrawn_at TEXT NOT NULL
) STRICT;

-- Questions about one subject. Subjects and stems are keyed digests. What was answered is nowhere.
CREATE TABLE lookups (
  seq INTEGER PRIMARY KEY NOT NULL,
  id TEXT NOT NULL UNIQUE,
  product TEXT NOT NULL,
  version INTEGER NOT NULL,
  org TEXT NOT NULL,
  sub TEXT NOT NULL,
  plan TEXT NOT NULL,
  day TEXT NOT NULL,
  subject TEXT NOT NULL,
  stem TEXT NOT NULL,
  standing TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('begun', 'answered', 'unanswered', 'failed'))
) STRICT;
CREATE INDEX lookups_of_subject ON lookups (product, subject, day) WHERE standing = 'consented';
CREATE INDEX lookups_of_org ON lookups (org, day);
