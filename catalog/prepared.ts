import type { Db } from './db.ts';

/** All that a function of the log needs of the store. */
export type Connection = Pick<Db, 'client'>;

/**
 * A statement prepared once per connection. WHY: preparing costs more than running on the paths that every job takes.
 */
export function prepared<T, C extends Connection = Db>(build: (db: C) => T): (db: C) => T {
  const perConnection = new WeakMap<C, T>();
  return (db) => {
    let statement = perConnection.get(db);
    if (statement === undefined) {
      statement = build(db);
      perConnection.set(db, statement);
    }
    return statement;
  };
}
