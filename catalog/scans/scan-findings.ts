import { AppError, type ColumnFinding, isExcused, type ScanExcuse } from '#policies';
import type { Db } from '../db.ts';
import { and, asc, eq } from '../orm.ts';
import type { Resource } from '../resources.ts';
import { scanFindings } from './tables.ts';

/**
 * What a scan refused an upload for. Its provider may dispute it with a reason, and the bureau, as another person, confirms or refuses: only
 * a confirmed one lets such values in under the declaration that there is.
 */
export interface ScanFinding extends Pick<ColumnFinding, 'kind' | 'share' | 'levelMin'> {
  readonly resource: string;
  readonly columnName: string;
  /** Of the declaration that the values were held against. */
  readonly schemaHash: string;
  readonly foundAt: string;
  readonly state: 'blocked' | 'disputed' | 'confirmed' | 'refused';
  readonly reason: string | null;
  /** People are named `org/sub`. */
  readonly disputedBy: string | null;
  readonly disputedAt: string | null;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  readonly comment: string | null;
}

export type FindingKey = Pick<ScanFinding, 'resource' | 'columnName' | 'kind'>;

export function scanFindingsOf(db: Db, resource: string): readonly ScanFinding[] {
  const query = db.orm.select().from(scanFindings).where(eq(scanFindings.resource, resource));
  const rows = query.orderBy(asc(scanFindings.columnName), asc(scanFindings.kind)).all();
  return rows.map((row) => db.sealed('scan_findings', row));
}

/** What the bureau has confirmed to be none of the identifiers that they look like, under the declaration that holds now. */
export function scanExcuses(db: Db, { id, schemaHash }: Pick<Resource, 'id' | 'schemaHash'>): readonly ScanExcuse[] {
  return scanFindingsOf(db, id)
    .filter((finding) => finding.state === 'confirmed' && finding.schemaHash === schemaHash)
    .map(({ columnName, kind, share }) => ({ column: columnName, kind, share }));
}

/** @throws AppError `SCAN_FINDING_NOT_FOUND`. */
export function getScanFinding(db: Db, key: FindingKey): ScanFinding {
  const row = db.sealed('scan_findings', db.orm.select().from(scanFindings).where(whereKey(key)).get());
  if (row === undefined) throw new AppError('SCAN_FINDING_NOT_FOUND', { id: nameOf(key) });
  return row;
}

/**
 * An upload was refused for it. INVARIANT: what was said of fewer values holds for these no more: one that was disputed or decided begins
 * anew where clearly more of the values look so, or the table is declared otherwise.
 */
export function recordScanFinding(
  tx: Db,
  { id, schemaHash }: Pick<Resource, 'id' | 'schemaHash'>,
  finding: ColumnFinding,
): void {
  const { column, kind, share, levelMin } = finding;
  const key = { resource: id, columnName: column, kind };
  const known = tx.sealed('scan_findings', tx.orm.select().from(scanFindings).where(whereKey(key)).get());
  const said = known?.schemaHash === schemaHash ? [{ column, kind, share: known.share }] : [];
  if (isExcused(finding, said)) return;
  const begun = { schemaHash, share, levelMin, foundAt: tx.now(), state: 'blocked' as const, ...UNSAID };
  tx.orm
    .insert(scanFindings)
    .values({ ...key, ...begun })
    .onConflictDoUpdate({
      target: [scanFindings.resource, scanFindings.columnName, scanFindings.kind],
      set: begun,
    })
    .run();
}

const UNSAID = { reason: null, disputedBy: null, disputedAt: null, decidedBy: null, decidedAt: null, comment: null };

/** @throws AppError `SCAN_FINDING_NOT_FOUND`; `SCAN_FINDING_STATE` where it is confirmed. */
export function disputeScanFinding(tx: Db, key: FindingKey, person: string, reason: string): ScanFinding {
  requireState(tx, key, ['blocked', 'refused', 'disputed']);
  return change(tx, key, { ...UNSAID, state: 'disputed', reason, disputedBy: person, disputedAt: tx.now() });
}

/**
 * Confirms or refuses what was disputed; what was confirmed can be refused later, for uploads from then on.
 *
 * @throws AppError `SCAN_FINDING_NOT_FOUND`; `SCAN_FINDING_STATE` where there is nothing to decide, or the same person disputed it.
 */
export function decideScanFinding(
  tx: Db,
  key: FindingKey,
  person: string,
  { verdict, comment }: { readonly verdict: 'confirmed' | 'refused'; readonly comment: string },
): ScanFinding {
  const { disputedBy } = requireState(tx, key, verdict === 'refused' ? ['disputed', 'confirmed'] : ['disputed']);
  if (disputedBy === person) throw stateError(key, 'disputed', ['a decision of another person']);
  return change(tx, key, { state: verdict, decidedBy: person, decidedAt: tx.now(), comment });
}

function requireState(db: Db, key: FindingKey, accepted: readonly ScanFinding['state'][]): ScanFinding {
  const finding = getScanFinding(db, key);
  if (!accepted.includes(finding.state)) throw stateError(key, finding.state, accepted);
  return finding;
}

function stateError(key: FindingKey, state: string, accepted: readonly string[]): AppError {
  return new AppError('SCAN_FINDING_STATE', { id: nameOf(key), state, accepted });
}

function change(tx: Db, key: FindingKey, set: Partial<ScanFinding>): ScanFinding {
  tx.orm.update(scanFindings).set(set).where(whereKey(key)).run();
  return getScanFinding(tx, key);
}

const nameOf = ({ resource, columnName, kind }: FindingKey): string => `${resource}.${columnName}: ${kind}`;

const whereKey = ({ resource, columnName, kind }: FindingKey) =>
  and(eq(scanFindings.resource, resource), eq(scanFindings.columnName, columnName), eq(scanFindings.kind, kind));
