import type Database from 'better-sqlite3';
import { leafHash, parseEntry } from './audit-entries.ts';
import { type EntryContext, entryTokens } from './audit-tokens.ts';
import { type Connection, prepared } from './prepared.ts';
import { findQueryPlan } from './query-plans.ts';
import { indexedUpTo } from './search-index.ts';

/** Fills the search index from the log: derived state, which a search brings up to date first. */

const STRETCH = 1_000;

const selectEntries = prepared((db: Connection) =>
  db.client.prepare<[number, number, number], Row>(
    'SELECT idx, bytes FROM audit_entries WHERE idx >= ? AND idx < ? ORDER BY idx LIMIT ?',
  ),
);
const selectProvider = prepared((db: Connection) =>
  db.client.prepare<[string], string>('SELECT provider FROM resources WHERE id = ?').pluck(),
);

interface Row {
  readonly idx: number;
  readonly bytes: Buffer;
}

export interface IndexWriter {
  /** Indexes the next stretch of the entries before `end`. @returns how many the index holds. */
  advance(end: number): number;
}

/**
 * @param log where entries are read
 * @param index a connection that has the index attached, which may be the same
 */
export function indexWriter(log: Connection, index: Database.Database): IndexWriter {
  const insertTokens = index.prepare<[number, string]>('INSERT INTO search.audit_index (rowid, tokens) VALUES (?, ?)');
  const upsertPeriod = index.prepare<[string, string, number, number]>(
    `INSERT INTO search.audit_periods (unit, period, idx_min, idx_max) VALUES (?, ?, ?, ?)
     ON CONFLICT (unit, period) DO UPDATE SET idx_max = excluded.idx_max`,
  );
  const setNext = index.prepare<[number, Buffer]>('UPDATE search.audit_indexed SET next = ?, leaf = ?');
  const context: EntryContext = {
    providerOf: (resource) => selectProvider(log).get(resource) ?? null,
    planOf: (hash) => findQueryPlan(log, hash),
  };

  function write(rows: readonly Row[]): void {
    const [days, minutes] = [new Map<string, Span>(), new Map<string, Span>()];
    for (const { idx, bytes } of rows) {
      const entry = parseEntry(log, idx, bytes);
      insertTokens.run(idx, [...entryTokens(entry, context)].join(' '));
      extend(days, entry.at.slice(0, 'YYYY-MM-DD'.length), idx);
      extend(minutes, entry.at.slice(0, 'YYYY-MM-DDTHH:MM'.length), idx);
    }
    for (const [period, { min, max }] of days) upsertPeriod.run('day', period, min, max);
    for (const [period, { min, max }] of minutes) upsertPeriod.run('minute', period, min, max);
    const last = rows.at(-1);
    if (last !== undefined) setNext.run(last.idx + 1, leafHash(last.bytes));
  }

  const advance = index.transaction((end: number) => {
    // WHY within: another thread that a process left behind may have come further.
    const rows = selectEntries(log).all(indexedUpTo(index).next, end, STRETCH);
    write(rows);
    return (rows.at(-1)?.idx ?? end - 1) + 1;
  });
  return { advance: (end) => advance.immediate(end) };
}

interface Span {
  readonly min: number;
  max: number;
}

function extend(spans: Map<string, Span>, period: string, idx: number): void {
  const span = spans.get(period);
  if (span === undefined) spans.set(period, { min: idx, max: idx });
  else span.max = idx;
}
