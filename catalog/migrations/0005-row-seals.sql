-- A MAC for each row that decides who may ask what (catalog/row-seals.ts), written by triggers of the gateway's own connection.
CREATE TABLE row_seals (
  table_name TEXT NOT NULL,
  row_key TEXT NOT NULL,
  mac BLOB NOT NULL CHECK (length(mac) = 32),
  PRIMARY KEY (table_name, row_key)
) STRICT, WITHOUT ROWID;

-- One row: a MAC over all of the above, so that none can be taken out or put back. Null until a gateway has sealed the home.
CREATE TABLE catalogue_seal (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  mac BLOB
) STRICT;
INSERT INTO catalogue_seal (id, mac) VALUES (1, NULL);
