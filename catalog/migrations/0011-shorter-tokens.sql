-- The search index names uses and long words by shorter tokens: it is filled anew.
UPDATE audit_indexed SET next = 0;
INSERT INTO audit_index (audit_index) VALUES ('delete-all');
DELETE FROM audit_periods;
