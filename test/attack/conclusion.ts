import type { Attack, Rows } from './attack.ts';
import type { Outcome } from './unprotected.ts';

/** What the attacker takes away: the conclusion, and which values are hidden; else that there are no rows. */
export function conclusion(attack: Attack, rows: Rows | null): unknown {
  if (rows === null) return 'no rows';
  if (attack.learn === undefined) return rows;
  return { learned: attack.learn(rows), hidden: rows.map((row) => row.map((value) => value === null)) };
}

/** The same in an engine without protection, where an error is what is learned. */
export function learnedUnprotected(attack: Attack, { rows, error }: Outcome): unknown {
  return error ?? (attack.learn === undefined ? rows : attack.learn(rows!));
}
