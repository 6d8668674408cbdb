import { assert } from '#policies/vocabulary';
import { sha256Hex } from './canonical.ts';
import { type Connection, prepared } from './prepared.ts';

const selectText = prepared(({ client }: Connection) =>
  client.prepare<[string], string>('SELECT text FROM query_plans WHERE hash = ?').pluck(),
);
const insertPlan = prepared(({ client }: Connection) =>
  client.prepare<[string, string]>('INSERT INTO query_plans (hash, text) VALUES (?, ?)'),
);

/** Longest plan that is kept; of a longer one the log has the hash alone. */
const TEXT_LENGTH_MAX = 65_536;

/**
 * Keeps the canonical plan that `hash` stands for in the log, once. Part of the transaction that writes the entry.
 *
 * @param textOf called only where the plan is new.
 */
export function keepQueryPlan(tx: Connection, hash: string, textOf: () => string): void {
  if (selectText(tx).get(hash) !== undefined) return;
  const text = textOf();
  assert(sha256Hex(text) === hash, 'a plan is what its hash says');
  if (text.length <= TEXT_LENGTH_MAX) insertPlan(tx).run(hash, text);
}

/** The canonical plan of a hash; null where none is kept. */
export function findQueryPlan(db: Connection, hash: string): string | null {
  return selectText(db).get(hash) ?? null;
}
