import * as z from 'zod';
import {
  AppError,
  amountOf,
  type PrivacyAccount,
  type PrivacyBudgets,
  type PrivacyCharge,
  privacyAccounts,
} from '#policies';
import { type AuditEntry, entryCount, parseEntry } from './audit-entries.ts';
import type { Db } from './db.ts';
import { readJson } from './json-column.ts';
import { ledgerUnits, raiseSpent } from './ledger.ts';
import { ERASED } from './logged-people.ts';
import { eq } from './orm.ts';
import { prepared } from './prepared.ts';
import { lineageOf } from './privacy-budgets.ts';
import { privacyBooks } from './schema.ts';

/**
 * The privacy accounts, held against the log. WHY: the ledger has no seals, and whoever edits the file could give itself a new budget;
 * what the log says was begun is signed. Accounts are only ever raised.
 */

const PAGE = 1_000;
const THE_ROW = 1;

/** What the intents before entry `entries` come to. */
interface Books {
  readonly entries: number;
  readonly accounts: Map<string, { readonly kind: PrivacyAccount['kind']; units: number }>;
}

/**
 * Raises every account that holds less than the intents in the log say. What an earlier start has added up is taken from the sealed books, so that a
 * start reads what came since. An older sum in their place would be no harm: more is read again.
 *
 * @returns the kinds of those that did.
 */
export function mendPrivacyBooks(tx: Db, budgets: PrivacyBudgets): readonly PrivacyAccount['kind'][] {
  const { entries, accounts } = readBooks(tx);
  for (const { job, who, plan = '', budget } of privateIntents(tx, entries)) {
    if (job === undefined || who === undefined) continue;
    const asker = { ...who, plan: { id: plan, rhoMax: null } };
    const isNamed = who.sub !== ERASED;
    for (const charge of (budget?.['charges'] ?? []) as readonly PrivacyCharge[]) {
      for (const { account, kind } of privacyAccounts(lineageOf(tx, charge), asker, budgets)) {
        if (kind === 'analyst' && !isNamed) continue; // whose account it was, nobody knows any more
        const sum = accounts.get(account) ?? { kind, units: 0 };
        sum.units += ledgerUnits(kind, amountOf(charge, kind));
        accounts.set(account, sum);
      }
    }
  }
  writeBooks(tx, { entries: entryCount(tx), accounts });
  return [...accounts].flatMap(([account, { kind, units }]) =>
    raiseSpent(tx, { account, kind }, units) ? [kind] : [],
  );
}

const accountsSchema = z.array(z.tuple([z.string(), z.string(), z.int().min(0)]));

/** None where they are not as the gateway wrote them: the log says it all again, and the seals have told of it. */
function readBooks(db: Db): Books {
  const found = db.orm.select().from(privacyBooks).where(eq(privacyBooks.id, THE_ROW)).get();
  const row = isAsWritten(db, found) ? found : undefined;
  const accounts = row === undefined ? [] : readJson(accountsSchema, row.accounts);
  return {
    entries: row?.entries ?? 0,
    accounts: new Map(accounts.map(([name, kind, units]) => [name, { kind: kind as PrivacyAccount['kind'], units }])),
  };
}

function isAsWritten(db: Db, row: typeof privacyBooks.$inferSelect | undefined): boolean {
  try {
    db.sealed('privacy_books', row);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'CATALOGUE_CORRUPT') return false;
    throw error;
  }
}

function writeBooks(tx: Db, { entries, accounts }: Books): void {
  const sums = [...accounts].map(([name, { kind, units }]) => [name, kind, units]);
  const row = { id: THE_ROW, entries, accounts: JSON.stringify(sums) };
  tx.orm.insert(privacyBooks).values(row).onConflictDoUpdate({ target: privacyBooks.id, set: row }).run();
}

const PRIVATE = Buffer.from('"charges":');
const selectPrivate = prepared((db) =>
  db.client.prepare<[number, Buffer, number], { idx: number; bytes: Buffer }>(
    'SELECT idx, bytes FROM audit_entries WHERE idx >= ? AND instr(bytes, ?) > 0 ORDER BY idx LIMIT ?',
  ),
);

/** WHY from the log itself: the search index can be edited like the ledger. About a second for a million entries. */
function* privateIntents(db: Db, since: number): Iterable<AuditEntry> {
  for (let from = since; ; ) {
    const rows = selectPrivate(db).all(from, PRIVATE, PAGE);
    for (const { idx, bytes } of rows) {
      const entry = parseEntry(db, idx, bytes);
      if (entry.kind === 'intent') yield entry;
    }
    if (rows.length < PAGE) return;
    from = (rows.at(-1)?.idx ?? from) + 1;
  }
}
