-- Under which behaviour of the engine's hash the rows of a version have their keys (sandbox/ingest/row-key.ts). Null while
-- writing, and for versions that were stored before rows had keys: those must be registered again to be asked.
ALTER TABLE resource_versions ADD COLUMN row_key_scheme TEXT;
