import type { Level, LookupMode, Mode, Risk } from '#policies';
import { assert } from '#policies';
import type { AuditEntry, AuditKind } from './audit-entries.ts';
import { entryCount, parseEntry } from './audit-entries.ts';
import type { Facet } from './audit-tokens.ts';
import { facetToken, textQuery, useToken } from './audit-tokens.ts';
import type { Db } from './db.ts';
import { boundedLimit } from './page.ts';
import { prepared } from './prepared.ts';

/** What the security office asks for. Everything given must hold. */
export interface AuditFilters {
  /** `who.sub`. */
  readonly person?: string | undefined;
  /** `who.org`. */
  readonly org?: string | undefined;
  readonly plan?: string | undefined;
  readonly job?: string | undefined;
  /** Resource, column and level given together hold of one and the same use. */
  readonly resource?: string | undefined;
  /** A column's name, of the resource if one is given. */
  readonly column?: string | undefined;
  readonly level?: Level | undefined;
  readonly mode?: Mode | LookupMode | undefined;
  readonly decision?: 'permit' | 'deny' | undefined;
  readonly kind?: AuditKind | undefined;
  readonly risk?: Risk | undefined;
  /** An error code. */
  readonly code?: string | undefined;
  /** Entries that touch a resource of this provider: all that a provider may see. */
  readonly provider?: string | undefined;
  /** ISO timestamps; `from` inclusive, `until` exclusive. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  /** Words that all occur in the entry; see `textQuery`. */
  readonly text?: string | undefined;
}

export interface AuditPage {
  /** Only entries of a smaller index: the `next` of the page before. */
  readonly before?: number | undefined;
  /** 1–1,000. Default 100. */
  readonly limit?: number | undefined;
}

export interface FoundEntry {
  readonly index: number;
  readonly entry: AuditEntry;
}

export interface AuditSearchResult {
  readonly entries: readonly FoundEntry[];
  /** Give as `before` for what follows; null at the end. */
  readonly next: number | null;
}

const DAY_MS = 24 * 60 * 60 * 1_000;

interface Stretch {
  readonly from: number;
  readonly to: number;
}

interface Row {
  readonly idx: number;
  readonly bytes: Buffer;
}

const selectMatching = prepared((db) =>
  db.client.prepare<[string, number, number, number], Row>(
    `SELECT e.idx, e.bytes FROM search.audit_index i CROSS JOIN audit_entries e ON e.idx = i.rowid
     WHERE i.audit_index MATCH ? AND i.rowid >= ? AND i.rowid < ? ORDER BY i.rowid DESC LIMIT ?`,
  ),
);
const selectAll = prepared((db) =>
  db.client.prepare<[number, number, number], Row>(
    'SELECT idx, bytes FROM audit_entries WHERE idx >= ? AND idx < ? ORDER BY idx DESC LIMIT ?',
  ),
);

const selectSpan = prepared((db) =>
  db.client.prepare<[string, string, string], { min: number | null; max: number | null }>(
    'SELECT min(idx_min) AS min, max(idx_max) AS max FROM search.audit_periods WHERE unit = ? AND period BETWEEN ? AND ?',
  ),
);

/**
 * Searches the log, newest first. Pages are stable: entries are never changed, and new ones come before the first page.
 * Sees what is indexed: `store.indexed()` first, to see all; and `read` only, which has the index. Who may see what is for
 * the caller to put into the filters.
 */
export function searchEntries(db: Db, filters: AuditFilters, page: AuditPage = {}): AuditSearchResult {
  const limit = boundedLimit(page.limit);
  const terms = searchTerms(filters);
  // A text without a single letter or digit asks for nothing that an entry could hold.
  if (terms === null) return { entries: [], next: null };
  const range = timeRange(filters);
  const stretch = stretchOf(db, range, page.before);
  const found: FoundEntry[] = [];
  let to = stretch.to;
  while (found.length <= limit) {
    const rows = readRows(db, terms, { from: stretch.from, to }, limit + 1);
    for (const { idx, bytes } of rows) {
      const entry = parseEntry(db, idx, bytes);
      if (isWithin(entry.at, range)) found.push({ index: idx, entry });
    }
    if (rows.length <= limit) break;
    to = rows.at(-1)?.idx ?? stretch.from;
  }
  const entries = found.slice(0, limit);
  return { entries, next: found.length > limit ? (entries.at(-1)?.index ?? null) : null };
}

function readRows(db: Db, terms: readonly string[], { from, to }: Stretch, limit: number): readonly Row[] {
  if (terms.length === 0) return selectAll(db).all(from, to, limit);
  return selectMatching(db).all(terms.join(' AND '), from, to, limit);
}

/** FTS5 terms that must all be there; null when nothing can match. */
function searchTerms(filters: AuditFilters): readonly string[] | null {
  const { resource, column, level } = filters;
  const facets: readonly [Facet, string | undefined][] = [
    ['person', filters.person],
    ['org', filters.org],
    ['plan', filters.plan],
    ['job', filters.job],
    ['mode', filters.mode],
    ['decision', filters.decision],
    ['kind', filters.kind],
    ['code', filters.code],
    ['risk', filters.risk],
    ['provider', filters.provider],
  ];
  const terms = facets.flatMap(([facet, value]) => (value === undefined ? [] : [facetToken(facet, value)]));
  if (resource !== undefined || column !== undefined || level !== undefined)
    terms.push(useToken({ resource, column, level }));
  if (filters.text === undefined) return terms;
  const words = textQuery(filters.text);
  return words.length === 0 ? null : [...terms, ...words];
}

interface TimeRange {
  readonly from: string;
  readonly until: string;
}

const TIME_MIN = '0000-01-01T00:00:00.000Z';
const TIME_MAX = '9999-12-31T23:59:59.999Z';

/** As full UTC timestamps, which compare as text. */
function timeRange({ from, until }: AuditFilters): TimeRange {
  const [first, last] = [new Date(from ?? TIME_MIN), new Date(until ?? TIME_MAX)];
  assert(!Number.isNaN(first.getTime()) && !Number.isNaN(last.getTime()), 'the caller has checked the timestamps');
  return { from: first.toISOString(), until: last.toISOString() };
}

function isWithin(at: string, { from, until }: TimeRange): boolean {
  return at >= from && (at < until || until === TIME_MAX);
}

/** The entries that can be in question, from the page's position and the periods that the time range touches. */
function stretchOf(db: Db, range: TimeRange, before: number | undefined): Stretch {
  const end = Math.min(before ?? Number.MAX_SAFE_INTEGER, entryCount(db));
  if (range.from === TIME_MIN && range.until === TIME_MAX) return { from: 0, to: end };
  const spans = periodsOf(range)
    .map(({ unit, first, last }) => selectSpan(db).get(unit, first, last))
    .filter((span) => span !== undefined && span.min !== null && span.max !== null) as { min: number; max: number }[];
  if (spans.length === 0) return { from: 0, to: 0 };
  const from = Math.min(...spans.map(({ min }) => min));
  const to = Math.max(...spans.map(({ max }) => max)) + 1;
  return { from, to: Math.min(to, end) };
}

interface Periods {
  readonly unit: 'day' | 'minute';
  readonly first: string;
  readonly last: string;
}

/** Whole days inside, minutes at both ends: few rows to read, and few entries outside the range. */
function periodsOf({ from, until }: TimeRange): readonly Periods[] {
  const [firstDay, lastDay] = [from.slice(0, 10), until.slice(0, 10)];
  const [firstMinute, lastMinute] = [from.slice(0, 16), until.slice(0, 16)];
  if (firstDay === lastDay) return [{ unit: 'minute', first: firstMinute, last: lastMinute }];
  return [
    { unit: 'minute', first: firstMinute, last: `${firstDay}T23:59` },
    { unit: 'day', first: dayAfter(firstDay, 1), last: dayAfter(lastDay, -1) },
    { unit: 'minute', first: `${lastDay}T00:00`, last: lastMinute },
  ];
}

function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}
