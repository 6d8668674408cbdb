import * as z from 'zod';
import {
  amountOf,
  type PrivacyAccount,
  type PrivacyAsker,
  type PrivacyBudgets,
  type PrivacyCharge,
  type PrivacyLineage,
  privacyAccounts,
} from '#policies';
import type { Db } from './db.ts';
import { type Balance, balance, LEDGER_UNITS_PER_ONE, leftOf, reserve } from './ledger.ts';
import { prepared } from './prepared.ts';
import { findResource } from './resources.ts';

/** The privacy accounts of the ledger: who is charged for a private release, and what is left. */

const selectCharged = prepared(({ client }) =>
  client.prepare<[string, string], { amount: number | null; count: number }>(
    `SELECT sum(amount) AS amount, count(*) AS count FROM ledger_reservations JOIN jobs ON jobs.id = job
     WHERE account = ? AND started_at >= ?`,
  ),
);
const selectLast = prepared(({ client }) =>
  client
    .prepare<[string], number>(
      `SELECT amount FROM ledger_reservations JOIN jobs ON jobs.id = job WHERE account = ? ORDER BY seq DESC LIMIT 1`,
    )
    .pluck(),
);

const selectAccounts = prepared(({ client }) =>
  client
    .prepare<[string, string], string>('SELECT account FROM ledger_accounts WHERE account >= ? AND account < ?')
    .pluck(),
);

/**
 * Columns by whose units a resource was ever charged. A table that names nobody is charged by the names of the table that its rows
 * were joined to.
 */
export function chargedUnits(db: Db, resource: string): readonly string[] {
  const prefix = `privacy:${JSON.stringify([resource]).slice(0, -1)},`;
  const units = selectAccounts(db)
    .all(prefix, `${prefix}\u{10ffff}`)
    .map((account) =>
      z
        .tuple([z.string(), z.string()])
        .rest(z.string())
        .parse(JSON.parse(account.slice('privacy:'.length))),
    )
    .map(([, unit]) => unit);
  return [...new Set(units)];
}

/** Of a charge as the compiler tells it: the resource's budget may be that of a withdrawn one. */
export function lineageOf(db: Db, { resource, unit }: PrivacyLineage): PrivacyLineage {
  return { resource: findResource(db, resource)?.lineage ?? resource, unit };
}

/**
 * Sets a release's charges aside in every account that they touch, or in none: the caller's transaction must end with the error.
 *
 * @throws AppError `BUDGET_EXHAUSTED`: the first account that cannot bear it, the asker's own before the data's.
 */
export function reservePrivacy(
  tx: Db,
  job: string,
  charges: readonly PrivacyCharge[],
  asker: PrivacyAsker,
  budgets: PrivacyBudgets,
): void {
  const taken = charges.flatMap((charge) =>
    privacyAccounts(lineageOf(tx, charge), asker, budgets).map((account) => ({
      ...account,
      amount: amountOf(charge, account.kind),
    })),
  );
  const byName = Map.groupBy(taken, ({ account }) => account);
  for (const same of byName.values()) {
    const amount = same.reduce((sum, one) => sum + one.amount, 0);
    if (amount > 0) reserve(tx, { ...same[0]!, job, amount });
  }
}

/** The least ρ that is left to the asker on any of these; null where there is none. */
export function privacyRemaining(
  db: Db,
  lineages: readonly PrivacyLineage[],
  asker: PrivacyAsker,
  budgets: PrivacyBudgets,
): number | null {
  const left = lineages
    .flatMap((lineage) => privacyAccounts(lineageOf(db, lineage), asker, budgets))
    .flatMap((account) => {
      const { remaining } = accountBalance(db, account);
      return account.kind === 'selection' || remaining === null ? [] : [remaining];
    });
  return left.length === 0 ? null : Math.min(...left);
}

export interface AccountBalance extends Balance {
  /** Null where nothing limits it. */
  readonly remaining: number | null;
}

/** Under today's limit, which may be another than at the last reservation. */
export function accountBalance(db: Db, account: PrivacyAccount): AccountBalance {
  const held = balance(db, account);
  const { limit, kind } = account;
  return { ...held, limit, remaining: limit === null ? null : leftOf(limit, held, kind) };
}

/** How an account is used, from what was charged to it. Amounts in ρ. */
export interface AccountPace {
  /** Charged since `since`, and how many releases that were. */
  readonly charged: number;
  readonly releases: number;
  /** Of the newest release; null where there was none. */
  readonly last: number | null;
}

/** @param since ISO 8601 UTC. */
export function accountPace(db: Db, account: string, since: string): AccountPace {
  const { amount, count } = selectCharged(db).get(account, since) ?? { amount: null, count: 0 };
  const last = selectLast(db).get(account);
  return {
    charged: (amount ?? 0) / LEDGER_UNITS_PER_ONE,
    releases: count,
    last: last === undefined ? null : last / LEDGER_UNITS_PER_ONE,
  };
}
