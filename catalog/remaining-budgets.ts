import type { Db } from './db.ts';
import { prepared } from './prepared.ts';

/** How full the ledger is, without a word of whose accounts they are. */
export interface RemainingBudget {
  /** What the accounts are of. */
  readonly kind: 'jobs' | 'privacy';
  /** Of the account that has least left, 0 to 1. */
  readonly shareMin: number;
  /** Accounts that something limits. */
  readonly accounts: number;
  /** Of these, with less than a tenth left, but something. */
  readonly low: number;
  readonly exhausted: number;
}

const LOW = 0.1;

const selectShares = prepared(({ client }) =>
  client
    .prepare<[], [string, number]>(
      'SELECT account, max(0, "limit" - spent - reserved) * 1.0 / "limit" FROM ledger_accounts WHERE "limit" > 0',
    )
    .raw(),
);

/** Of each kind of account in the ledger; one that nobody has used yet is not there. */
export function remainingBudgets(db: Db): readonly RemainingBudget[] {
  const byKind = Map.groupBy(selectShares(db).all(), ([account]) => kindOf(account));
  return [...byKind].map(([kind, rows]) => {
    const shares = rows.map(([, share]) => share);
    const exhausted = shares.filter((share) => share === 0).length;
    const low = shares.filter((share) => share < LOW).length - exhausted;
    const shareMin = shares.reduce((least, share) => Math.min(least, share), 1);
    return { kind, shareMin, accounts: rows.length, low, exhausted };
  });
}

/** INVARIANT: of a closed list, whatever the name holds: it says whose the account is. */
function kindOf(account: string): RemainingBudget['kind'] {
  return account.startsWith('privacy:') ? 'privacy' : 'jobs';
}
