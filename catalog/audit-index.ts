import { entryCount, parseEntry } from './audit-entries.ts';
import { entryTokens } from './audit-tokens.ts';
import type { Db } from './db.ts';
import { prepared } from './db.ts';
import { findQueryPlan } from './query-plans.ts';

/**
 * Keeps the search index up to the log, some entries behind it: derived state, which a search brings up to date first.
 */

const STRETCH = 1_000;

const selectNext = prepared((db) => db.client.prepare<[], number>('SELECT next FROM audit_indexed').pluck());
const updateNext = prepared((db) => db.client.prepare<[number]>('UPDATE audit_indexed SET next = ?'));
const selectEntries = prepared((db) =>
  db.client.prepare<[number, number], { idx: number; bytes: Buffer }>(
    'SELECT idx, bytes FROM audit_entries WHERE idx >= ? ORDER BY idx LIMIT ?',
  ),
);
const insertTokens = prepared((db) =>
  db.client.prepare<[number, string]>('INSERT INTO audit_index (rowid, tokens) VALUES (?, ?)'),
);
const upsertPeriod = prepared((db) =>
  db.client.prepare<[string, string, number, number]>(
    `INSERT INTO audit_periods (unit, period, idx_min, idx_max) VALUES (?, ?, ?, ?)
     ON CONFLICT (unit, period) DO UPDATE SET idx_max = excluded.idx_max`,
  ),
);
const selectProvider = prepared((db) =>
  db.client.prepare<[string], string>('SELECT provider FROM resources WHERE id = ?').pluck(),
);

/** WHY a backlog: a segment of the index for every few entries costs each commit more than the entries themselves. */
const BACKLOG_MAX = 256;

/** Before each COMMIT: indexes once enough entries wait for it. */
export function indexBacklog(tx: Db): void {
  if (entryCount(tx) - (selectNext(tx).get() ?? 0) >= BACKLOG_MAX) indexNewEntries(tx);
}

/** Indexes every entry that the index does not hold yet; before a search that must see all. */
export function indexNewEntries(tx: Db): void {
  let next = selectNext(tx).get() ?? 0;
  for (;;) {
    const rows = selectEntries(tx).all(next, STRETCH);
    if (rows.length === 0) return;
    indexStretch(tx, rows);
    next = (rows.at(-1)?.idx ?? next) + 1;
    updateNext(tx).run(next);
    if (rows.length < STRETCH) return;
  }
}

interface Span {
  min: number;
  max: number;
}

function indexStretch(tx: Db, rows: readonly { readonly idx: number; readonly bytes: Buffer }[]): void {
  const days = new Map<string, Span>();
  const minutes = new Map<string, Span>();
  const insert = insertTokens(tx);
  const context = {
    providerOf: (resource: string) => selectProvider(tx).get(resource) ?? null,
    planOf: (hash: string) => findQueryPlan(tx, hash),
  };
  for (const { idx, bytes } of rows) {
    const entry = parseEntry(bytes);
    insert.run(idx, [...entryTokens(entry, context)].join(' '));
    extend(days, entry.at.slice(0, 'YYYY-MM-DD'.length), idx);
    extend(minutes, entry.at.slice(0, 'YYYY-MM-DDTHH:MM'.length), idx);
  }
  for (const [period, { min, max }] of days) upsertPeriod(tx).run('day', period, min, max);
  for (const [period, { min, max }] of minutes) upsertPeriod(tx).run('minute', period, min, max);
}

function extend(spans: Map<string, Span>, period: string, idx: number): void {
  const span = spans.get(period);
  if (span === undefined) spans.set(period, { min: idx, max: idx });
  else span.max = idx;
}
