-- The search index is a file of its own (search-index.ts), filled beside the transactions that it follows from.
DROP TABLE audit_index;
DROP TABLE audit_periods;
DROP TABLE audit_indexed;
