import { ACCOUNT_WORDS, type AccountKind, AppError, assert } from '#policies';
import type { Db } from './db.ts';
import { prepared } from './prepared.ts';

/**
 * The budget ledger: what may be used up (jobs of a plan; privacy loss of a dataset), by account.
 *
 * A job reserves in the transaction that records its intent, before anything runs, and is charged when its outcome is
 * recorded. There is no way back: what has begun is paid for, whatever its end.
 *
 * INVARIANT: spent + reserved ≤ limit, as the limit stood at each reservation; neither is ever negative; neither shrinks
 * but by moving from reserved to spent.
 */

/**
 * WHY fixed point: sums of doubles drift, and a drifted budget is one that can be overdrawn or go below zero. WHY finer for
 * the δ of selections: a pool is 1e-6 in all.
 */
export const LEDGER_UNITS_PER_ONE = 1e9;
const UNITS_PER_DELTA = 1e18;
const unitsPerOne = (kind: AccountKind): number => (kind === 'selection' ? UNITS_PER_DELTA : LEDGER_UNITS_PER_ONE);
/** Beyond, an amount in units is not an exact double any more; of δ the same is 0.009. */
export const LEDGER_AMOUNT_MAX = 9_000_000;

/** A name is of one kind for ever: it says in which units the account counts. */
export interface Account {
  /** For instance `plan:<id>:jobs`. */
  readonly account: string;
  readonly kind: AccountKind;
}
export interface Reservation extends Account {
  readonly job: string;
  /** 0–9,000,000, counted in units of 1e-9 (δ: 1e-18), rounded up. */
  readonly amount: number;
  /** Most that the account may ever hold, spent and reserved together; null when nothing limits it. Rounded down. */
  readonly limit: number | null;
}

export interface Balance {
  readonly spent: number;
  readonly reserved: number;
  /** As given by the latest reservation. */
  readonly limit: number | null;
}

interface AccountRow {
  readonly spent: number;
  readonly reserved: number;
  readonly limit: number | null;
}

const selectAccount = prepared((db) =>
  db.client.prepare<[string], AccountRow>('SELECT spent, reserved, "limit" FROM ledger_accounts WHERE account = ?'),
);
const upsertAccount = prepared((db) =>
  db.client.prepare<[string, number, number | null]>(
    `INSERT INTO ledger_accounts (account, reserved, "limit") VALUES (?, ?, ?)
     ON CONFLICT (account) DO UPDATE SET reserved = reserved + excluded.reserved, "limit" = excluded."limit"`,
  ),
);
const insertReservation = prepared((db) =>
  db.client.prepare<[string, string, number]>(
    `INSERT INTO ledger_reservations (job, account, amount, state) VALUES (?, ?, ?, 'reserved')`,
  ),
);
const selectReservations = prepared((db) =>
  db.client.prepare<[string], { account: string; amount: number }>(
    `SELECT account, amount FROM ledger_reservations WHERE job = ? AND state = 'reserved'`,
  ),
);
const chargeAccount = prepared((db) =>
  db.client.prepare<[number, number, string]>(
    'UPDATE ledger_accounts SET spent = spent + ?, reserved = reserved - ? WHERE account = ?',
  ),
);
const settleReservations = prepared((db) =>
  db.client.prepare<[string]>(`UPDATE ledger_reservations SET state = 'settled' WHERE job = ? AND state = 'reserved'`),
);

/**
 * Sets the amount aside for the job. A job reserves in an account at most once.
 *
 * @throws AppError `BUDGET_EXHAUSTED` (what, account, needed, limit, remaining, remedy) when the account cannot bear it;
 *   nothing changes.
 */
export function reserve(tx: Db, reservation: Reservation): void {
  const { account, kind, job } = reservation;
  const perOne = unitsPerOne(kind);
  const amount = toUnits(reservation.amount, perOne, Math.ceil);
  const limit = reservation.limit === null ? null : toUnits(reservation.limit, perOne, Math.floor);
  const held = selectAccount(tx).get(account) ?? { spent: 0, reserved: 0, limit };
  const used = held.spent + held.reserved;
  if (limit !== null && used + amount > limit) {
    throw new AppError('BUDGET_EXHAUSTED', {
      ...ACCOUNT_WORDS[kind],
      account,
      needed: amount / perOne,
      limit: limit / perOne,
      remaining: Math.max(0, limit - used) / perOne,
    });
  }
  assert(used + amount <= Number.MAX_SAFE_INTEGER, 'an account stays exact');
  upsertAccount(tx).run(account, amount, limit);
  insertReservation(tx).run(job, account, amount);
}

/** Charges everything the job has reserved. Harmless when nothing is left to charge. */
export function settle(tx: Db, job: string): void {
  for (const { account, amount } of selectReservations(tx).all(job)) chargeAccount(tx).run(amount, amount, account);
  settleReservations(tx).run(job);
}

/** An amount as the ledger counts it: what `reserve` sets aside. */
export function ledgerUnits(kind: AccountKind, amount: number): number {
  return toUnits(amount, unitsPerOne(kind), Math.ceil);
}

/** Sees to it that the account holds at least so many units, spent and reserved together. Returns whether it did not. */
export function raiseSpent(tx: Db, { account }: Account, units: number): boolean {
  const held = selectAccount(tx).get(account) ?? { spent: 0, reserved: 0, limit: null };
  const lacking = units - held.spent - held.reserved;
  if (lacking <= 0) return false;
  upsertAccount(tx).run(account, lacking, held.limit);
  chargeAccount(tx).run(lacking, lacking, account);
  return true;
}

/** An account nobody has used yet is empty. */
export function balance(db: Db, { account, kind }: Account): Balance {
  const row = selectAccount(db).get(account);
  if (row === undefined) return { spent: 0, reserved: 0, limit: null };
  const perOne = unitsPerOne(kind);
  return {
    spent: row.spent / perOne,
    reserved: row.reserved / perOne,
    limit: row.limit === null ? null : row.limit / perOne,
  };
}

/** What is left of a limit, exact to the unit: 0.185 less 0.000976563 is 0.184023437. */
export function leftOf(
  limit: number,
  { spent, reserved }: Pick<Balance, 'spent' | 'reserved'>,
  kind: AccountKind,
): number {
  const perOne = unitsPerOne(kind);
  const used = toUnits(spent, perOne, Math.ceil) + toUnits(reserved, perOne, Math.ceil);
  return Math.max(0, toUnits(limit, perOne, Math.floor) - used) / perOne;
}

function toUnits(amount: number, perOne: number, round: (value: number) => number): number {
  assert(amount >= 0 && amount * perOne <= LEDGER_AMOUNT_MAX * LEDGER_UNITS_PER_ONE, 'an amount is within its range');
  // WHY: 0.1 · 1e9 is 100000000.00000001 in doubles for some neighbours; an exact decimal must not be rounded up by it.
  const scaled = amount * perOne;
  const nearest = Math.round(scaled);
  return Math.abs(scaled - nearest) <= Number.EPSILON * scaled ? nearest : round(scaled);
}
