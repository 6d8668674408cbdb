import { AppError } from '#policies';
import type { Db } from '../db.ts';
import { eq, sql } from '../orm.ts';
import { prepared } from '../prepared.ts';
import { notePurgeDue } from '../purge.ts';
import { type EXIT_CAUSES, operatorExits } from './operator-tables.ts';

/** The end of an operator (T7): from the order on nothing of it runs and none of its people is let in. For good. */
export interface OperatorExit {
  readonly operator: string;
  readonly cause: (typeof EXIT_CAUSES)[number];
  readonly reason: string;
  /** `org/sub`. */
  readonly orderedBy: string;
  readonly orderedAt: string;
  /** Canonical JSON of what is handed over; null until it is made. */
  readonly package: string | null;
  readonly packageSha256: string | null;
  /** The log entry that vouches for the package. */
  readonly packageEntry: number | null;
  /** When nothing of it was left; null until then. */
  readonly destroyedAt: string | null;
  /** Canonical JSON. */
  readonly certificate: string | null;
  /** The log entry that vouches for the certificate. */
  readonly entryIndex: number | null;
}

const exitByOperator = prepared((db) =>
  db.orm
    .select()
    .from(operatorExits)
    .where(eq(operatorExits.operator, sql.placeholder('operator')))
    .prepare(),
);

/** @throws AppError `EXIT_STATE` when it has left already. */
export function orderExit(
  tx: Db,
  exit: Pick<OperatorExit, 'operator' | 'cause' | 'reason' | 'orderedBy'>,
): OperatorExit {
  if (findExit(tx, exit.operator) !== null)
    throw new AppError('EXIT_STATE', { id: exit.operator, state: 'ordered', accepted: 'an operator that operates' });
  tx.orm
    .insert(operatorExits)
    .values({ ...exit, orderedAt: tx.now() })
    .run();
  return getExit(tx, exit.operator);
}

export function findExit(db: Db, operator: string): OperatorExit | null {
  const [exit = null] = db.sealedChosen('operator_exits', exitByOperator(db).all({ operator }));
  return exit;
}

/** @throws AppError `EXIT_NOT_FOUND`. */
export function getExit(db: Db, operator: string): OperatorExit {
  const exit = findExit(db, operator);
  if (exit === null) throw new AppError('EXIT_NOT_FOUND', { id: operator });
  return exit;
}

export function listExits(db: Db): readonly OperatorExit[] {
  return db.orm
    .select()
    .from(operatorExits)
    .all()
    .map((row) => db.sealed('operator_exits', row));
}

export function keepHandOver(
  tx: Db,
  operator: string,
  handed: { readonly text: string; readonly sha256: string; readonly entry: number },
): void {
  update(tx, operator, { package: handed.text, packageSha256: handed.sha256, packageEntry: handed.entry });
}

/** What the products of an organisation deliver, and that is still here. */
export function heldMaterials(
  db: Db,
  org: string,
): readonly { readonly product: string; readonly version: number; readonly json: string }[] {
  const rows = db.client
    .prepare<[string], { product: string; version: number; json: Buffer }>(
      'SELECT product, version, json FROM product_materials WHERE org = ? ORDER BY product, version',
    )
    .all(org);
  return rows.map(({ json, ...one }) => ({ ...one, json: json.toString('utf8') }));
}

/** The results that an organisation was given, and that are still here. */
export function heldResults(
  db: Db,
  org: string,
): readonly { readonly job: string; readonly json: string; readonly sha256: string }[] {
  const rows = db.client
    .prepare<[string], { job: string; json: Buffer; sha256: string }>(
      'SELECT r.job, r.json, r.sha256 FROM job_results r JOIN jobs j ON j.id = r.job WHERE j.org = ? ORDER BY j.seq',
    )
    .all(org);
  return rows.map(({ job, json, sha256 }) => ({ job, json: json.toString('utf8'), sha256 }));
}

/** Whether the bytes stand in a result that another organisation was given, or in a product of another's. */
export function isInResultsOfOthers(db: Db, org: string, bytes: Buffer): boolean {
  const found = db.client.prepare<[string, Buffer, string, Buffer], number>(
    `SELECT 1 FROM job_results r JOIN jobs j ON j.id = r.job WHERE j.org <> ? AND instr(r.json, ?) > 0
     UNION ALL SELECT 1 FROM product_materials WHERE org <> ? AND instr(json, ?) > 0 LIMIT 1`,
  );
  return found.get(org, bytes, org, bytes) !== undefined;
}

/** Removes them, answers that are kept of them, what its products deliver, and the package that holds all this: their pages hold nothing. */
export function removeResults(tx: Db, org: string): void {
  notePurgeDue(tx);
  tx.client.pragma('secure_delete = ON');
  try {
    const ofOrg = 'job IN (SELECT id FROM jobs WHERE org = ?)';
    tx.client.prepare(`DELETE FROM kept_answers WHERE ${ofOrg}`).run(org);
    tx.client.prepare(`DELETE FROM job_results WHERE ${ofOrg}`).run(org);
    tx.client.prepare('DELETE FROM product_materials WHERE org = ?').run(org);
    update(tx, org, { package: null });
  } finally {
    tx.client.pragma('secure_delete = OFF');
  }
}

/** Whose plans an operator serves, and itself. */
export function orgsServedBy(db: Db, operator: string): ReadonlySet<string> {
  const orgs = db.client.prepare<[string], string>('SELECT DISTINCT org FROM plans WHERE operator = ?').pluck();
  return new Set([operator, ...orgs.all(operator)]);
}

/** In the transaction of the entry that vouches for it. */
export function certifyExit(tx: Db, operator: string, certificate: string, entryIndex: number): void {
  update(tx, operator, { destroyedAt: tx.now(), certificate, entryIndex });
}

function update(tx: Db, operator: string, change: Partial<OperatorExit>): void {
  tx.orm.update(operatorExits).set(change).where(eq(operatorExits.operator, operator)).run();
}
