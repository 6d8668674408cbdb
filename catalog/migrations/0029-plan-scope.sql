-- What plans say beside tables and columns, as JSON: keys that tables may be joined by, and how answers may leave. Null: the plan does not limit them.
ALTER TABLE plans ADD COLUMN joins TEXT;
ALTER TABLE plans ADD COLUMN outputs TEXT;
