import type { AuditEntry, FoundEntry } from '#catalog';
import { canonicalJson, closeEntry } from '#catalog';
import { type Risk, risksOf } from '#policies';

/** The one canonical record that every export format is made from: the log entry, its place, and what follows from it alone. */
export interface ExportRecord {
  /** `origin#index`: the same however often a record is sent, so that a receiver can drop what it has. */
  readonly uid: string;
  readonly index: number;
  readonly entry: AuditEntry;
  readonly timeMs: number;
  readonly severity: Severity;
  readonly risks: readonly Risk[];
  /** The entry's canonical JSON: what its leaf in the log's tree hashes. */
  readonly json: string;
}

export type Severity = 'info' | 'warning' | 'critical';

export function recordOf(origin: string, { index, entry }: FoundEntry): ExportRecord {
  return {
    uid: `${origin}#${index}`,
    index,
    entry,
    timeMs: Date.parse(entry.at),
    severity: severityOf(entry),
    risks: risksOf(entry),
    json: canonicalJson(closeEntry(entry)),
  };
}

const NOTE_LENGTH_MAX = 200;

/**
 * The same record without what makes an entry long: columns, grants, budget, the end of its note. Its `json` is no longer what the leaf
 * hashes; it says so, and which entry of the log has all of it.
 */
export function shortRecord(record: ExportRecord): ExportRecord {
  const { v, kind, at, job, who, about, plan, mode, decision, code, queryHash, note = '' } = record.entry;
  const whole = { v, kind, at, job, who, about, plan, mode, decision, code, queryHash };
  const kept = Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined)) as typeof whole;
  const entry = { ...kept, note: `${note.slice(0, NOTE_LENGTH_MAX)} [shortened: entry ${record.index}]` } as AuditEntry;
  return { ...record, entry, json: canonicalJson(closeEntry(entry)) };
}

function severityOf({ kind, decision, code }: AuditEntry): Severity {
  if ((kind === 'integrity' && decision === 'deny') || code === 'POLICY_CANARY') return 'critical';
  return decision === 'deny' || kind === 'freeze' || kind === 'log-key' || kind === 'master-key' ? 'warning' : 'info';
}
