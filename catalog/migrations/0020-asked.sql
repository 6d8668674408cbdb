-- By what a known set was first asked for, beyond plain conditions (policies/sql/rewrite/asked-text.ts): canonical text.
ALTER TABLE known_sets ADD COLUMN asked TEXT NOT NULL DEFAULT '';
