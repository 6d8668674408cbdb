import type { Db } from './db.ts';
import { prepared } from './prepared.ts';

const insertGiven = prepared(({ client }) =>
  client.prepare<[string, string, string]>(
    'INSERT INTO given_values (set_name, functional, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  ),
);
const selectGiven = prepared(({ client }) =>
  client.prepare<[string, string], { value: string }>(
    'SELECT value FROM given_values WHERE set_name = ? AND functional = ?',
  ),
);

/** A number that left in mode `perturbed`, by the set that it stands for. */
export interface GivenValue {
  readonly set: string;
  readonly functional: string;
  /** Exact: `top/bottom`. */
  readonly value: string;
}

/** The first number given stays. */
export function insertGivenValues(tx: Db, values: readonly GivenValue[]): void {
  for (const { set, functional, value } of values) {
    insertGiven(tx).run(set, functional, value);
  }
}

export function findGivenValue(db: Db, set: string, functional: string): string | null {
  const found = selectGiven(db).get(set, functional);
  return found?.value ?? null;
}
