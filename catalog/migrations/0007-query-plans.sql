-- The canonical plans that log entries name by their hash: what the security office searches. Each text hashes to its key.
CREATE TABLE query_plans (
  hash TEXT PRIMARY KEY NOT NULL,
  text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The search index is made anew, with the words of plans and with risks.
UPDATE audit_indexed SET next = 0;
INSERT INTO audit_index (audit_index) VALUES ('delete-all');
DELETE FROM audit_periods;
