import { amountOf, type PrivacyAccount, type PrivacyBudgets, type PrivacyCharge, privacyAccounts } from '#policies';
import { type AuditEntry, parseEntry } from './audit-entries.ts';
import type { Db } from './db.ts';
import { ledgerUnits, raiseSpent } from './ledger.ts';
import { prepared } from './prepared.ts';
import { lineageOf } from './privacy-budgets.ts';

/**
 * The privacy accounts, held against the log. WHY: the ledger has no seals, and whoever edits the file could give itself a new budget;
 * what the log says was begun is signed. Accounts are only ever raised.
 */

const PAGE = 1_000;

/**
 * Raises every account that holds less than the intents in the log say.
 *
 * @returns the kinds of those that did.
 */
export function mendPrivacyBooks(tx: Db, budgets: PrivacyBudgets): readonly PrivacyAccount['kind'][] {
  const logged = new Map<string, { readonly account: PrivacyAccount; units: number }>();
  for (const { job, who, plan = '', budget } of privateIntents(tx)) {
    if (job === undefined || who === undefined) continue;
    const asker = { ...who, plan: { id: plan, rhoMax: null } };
    for (const charge of (budget?.['charges'] ?? []) as readonly PrivacyCharge[]) {
      for (const account of privacyAccounts(lineageOf(tx, charge), asker, budgets)) {
        const entry = logged.get(account.account) ?? { account, units: 0 };
        entry.units += ledgerUnits(account.kind, amountOf(charge, account.kind));
        logged.set(account.account, entry);
      }
    }
  }
  return [...logged.values()].flatMap(({ account, units }) => (raiseSpent(tx, account, units) ? [account.kind] : []));
}

const PRIVATE = Buffer.from('"mode":"dp"');
const selectPrivate = prepared((db) =>
  db.client.prepare<[number, Buffer, number], { idx: number; bytes: Buffer }>(
    'SELECT idx, bytes FROM audit_entries WHERE idx >= ? AND instr(bytes, ?) > 0 ORDER BY idx LIMIT ?',
  ),
);

/** WHY from the log itself: the search index can be edited like the ledger. About a second for a million entries. */
function* privateIntents(db: Db): Iterable<AuditEntry> {
  for (let from = 0; ; ) {
    const rows = selectPrivate(db).all(from, PRIVATE, PAGE);
    for (const { bytes } of rows) {
      const entry = parseEntry(bytes);
      if (entry.kind === 'intent' && entry.mode === 'dp') yield entry;
    }
    if (rows.length < PAGE) return;
    from = (rows.at(-1)?.idx ?? from) + 1;
  }
}
