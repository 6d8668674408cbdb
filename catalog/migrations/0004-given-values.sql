-- The number that was given for a set in mode `perturbed`: given again for every set that is too near to tell apart.
CREATE TABLE given_values (
  set_name TEXT NOT NULL,
  functional TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (set_name, functional)
) STRICT, WITHOUT ROWID;
