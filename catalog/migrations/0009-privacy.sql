-- Mode `dp`: what a plan may take of each resource's privacy budget (zCDP); which withdrawn resource's budget a resource goes on
-- with (null: one of its own); and the register of private releases, one row a statistic.
ALTER TABLE plans ADD COLUMN rho_max REAL;
ALTER TABLE resources ADD COLUMN lineage TEXT;

CREATE TABLE privacy_releases (
  seq INTEGER PRIMARY KEY NOT NULL,
  job TEXT NOT NULL REFERENCES jobs (id),
  lineage TEXT NOT NULL,
  resource TEXT NOT NULL REFERENCES resources (id),
  unit TEXT NOT NULL,
  statistic TEXT NOT NULL,
  mechanism TEXT NOT NULL,
  groups_max INTEGER,
  contribution_max REAL NOT NULL,
  sensitivity REAL NOT NULL,
  variance REAL NOT NULL,
  rho REAL NOT NULL CHECK (rho >= 0),
  delta REAL NOT NULL CHECK (delta >= 0)
) STRICT;
CREATE INDEX privacy_releases_resource ON privacy_releases (resource, seq);
CREATE INDEX privacy_releases_job ON privacy_releases (job);

-- What was charged to an account, and when: for its pace.
CREATE INDEX ledger_reservations_account ON ledger_reservations (account, job);
