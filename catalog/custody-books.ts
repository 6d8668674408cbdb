import { type AuditEntry, parseEntry } from './audit-entries.ts';
import { type CustodyCharges, custodyAccounts } from './custody.ts';
import type { Db } from './db.ts';
import { ledgerUnits, raiseSpent } from './ledger.ts';
import { prepared } from './prepared.ts';

const PAGE = 1_000;
const CHARGED = Buffer.from('"rho":[[');
const selectCharged = prepared((db) =>
  db.client.prepare<[number, Buffer, number], { idx: number; bytes: Buffer }>(
    'SELECT idx, bytes FROM audit_entries WHERE idx >= ? AND instr(bytes, ?) > 0 ORDER BY idx LIMIT ?',
  ),
);

/**
 * A custodian's accounts, held against its own log as a gateway's are (privacy-books.ts): what the signed intents say was begun is
 * spent, whatever the ledger says. Accounts are only ever raised.
 *
 * @returns the names of those that held less.
 */
export function mendCustodyBooks(tx: Db): readonly string[] {
  const spent = new Map<string, { readonly kind: 'resource' | 'plan'; units: number }>();
  for (const { plan, budget } of chargedIntents(tx)) {
    const charges = budget as CustodyCharges | undefined;
    if (plan === undefined || charges === undefined) continue;
    for (const [column, rho] of charges.rho) {
      for (const { account, kind } of custodyAccounts(charges, column, plan)) {
        const sum = spent.get(account) ?? { kind, units: 0 };
        sum.units += ledgerUnits(kind, rho);
        spent.set(account, sum);
      }
    }
  }
  return [...spent].flatMap(([account, { kind, units }]) =>
    raiseSpent(tx, { account, kind }, units) ? [account] : [],
  );
}

function* chargedIntents(db: Db): Iterable<AuditEntry> {
  for (let from = 0; ; ) {
    const rows = selectCharged(db).all(from, CHARGED, PAGE);
    for (const { idx, bytes } of rows) {
      const entry = parseEntry(db, idx, bytes);
      if (entry.kind === 'intent') yield entry;
    }
    if (rows.length < PAGE) return;
    from = (rows.at(-1)?.idx ?? from) + 1;
  }
}
