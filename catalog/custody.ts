import type { Db } from './db.ts';
import { prepared } from './prepared.ts';

/** A custodian's own state: what it holds keys for, what it opened, about which sets of rows, and with which noise. */

/** One version of one provider's data. */
export interface CustodyVersion {
  readonly dataset: string;
  /** Names one encryption of the data: each has pads of its own. */
  readonly version: string;
}
export interface CustodyPackageRow extends CustodyVersion {
  /** The custodian's key that the data key is wrapped for. */
  readonly keyId: string;
  /** Thumbprint of the provider's key that signed the package. */
  readonly signer: string;
  /** The package's declarations, as JSON. */
  readonly facts: string;
  /** The wrapped data key; null once it was destroyed. */
  readonly header: string | null;
  /** Encrypted sums that were not what they were said to be. */
  readonly failures: number;
}

const selectPackage = prepared(({ client }) =>
  client.prepare<[string, string], CustodyPackageRow>(
    `SELECT dataset, version, key_id AS keyId, signer, facts, header, failures FROM custody_packages WHERE dataset = ? AND version = ?`,
  ),
);
const selectPackages = prepared(({ client }) =>
  client.prepare<[string], CustodyPackageRow>(
    `SELECT dataset, version, key_id AS keyId, signer, facts, header, failures FROM custody_packages WHERE dataset = ? ORDER BY version`,
  ),
);
const insertPackage = prepared(({ client }) =>
  client.prepare<[string, string, string, string, string, string | null, string]>(
    `INSERT INTO custody_packages (dataset, version, key_id, signer, facts, header, accepted_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  ),
);
const eraseHeader = prepared(({ client }) =>
  client.prepare<[string, string]>('UPDATE custody_packages SET header = NULL WHERE dataset = ? AND version = ?'),
);
const addFailure = prepared(({ client }) =>
  client.prepare<[string]>('UPDATE custody_packages SET failures = failures + 1 WHERE dataset = ?'),
);
const selectKeysHeld = prepared(({ client }) =>
  client.prepare<[], string>('SELECT DISTINCT key_id FROM custody_packages WHERE header IS NOT NULL').pluck(),
);

export function findCustodyPackage(db: Db, { dataset, version }: CustodyVersion): CustodyPackageRow | null {
  return selectPackage(db).get(dataset, version) ?? null;
}

/** All versions of a dataset, those whose key was destroyed too; the oldest first. */
export function custodyPackages(db: Db, dataset: string): readonly CustodyPackageRow[] {
  return selectPackages(db).all(dataset);
}

export function addCustodyPackage(tx: Db, row: Omit<CustodyPackageRow, 'failures'>): void {
  const { dataset, version, keyId, signer, facts, header } = row;
  insertPackage(tx).run(dataset, version, keyId, signer, facts, header, tx.now());
}

/** The data key is gone for good: nothing of the version can be opened any more. */
export function destroyCustodyKey(tx: Db, { dataset, version }: CustodyVersion): void {
  eraseHeader(tx).run(dataset, version);
}

/** Counted over all versions of a dataset: whoever sent one false sum may send the next about another version. */
export function countCustodyFailure(tx: Db, { dataset }: Pick<CustodyVersion, 'dataset'>): void {
  addFailure(tx).run(dataset);
}

/** The custodian's keys for which it still holds some data key. */
export function custodyKeysHeld(db: Db): readonly string[] {
  return selectKeysHeld(db).all();
}

// ── Its own budget ───────────────────────────────────────────────────────────────────────────────────────────────

/** What an opening costs the units of each column that names some, as its intent in the log says. */
export interface CustodyCharges {
  readonly dataset: string;
  /** Column and ρ. */
  readonly rho: readonly (readonly [column: string, rho: number])[];
}

/** The accounts that a charge is reserved in: of the dataset, and of the plan in it. */
export function custodyAccounts({ dataset }: Pick<CustodyCharges, 'dataset'>, column: string, plan: string) {
  const named = (...whose: string[]): string => `custody:${JSON.stringify([dataset, column, ...whose])}`;
  return [
    { account: named(), kind: 'resource' },
    { account: named(plan), kind: 'plan' },
  ] as const;
}

// ── Openings ─────────────────────────────────────────────────────────────────────────────────────────────────────

export interface CustodyOpening extends CustodyVersion {
  readonly id: string;
  readonly nonce: string;
  readonly plan: string;
  readonly planHash: string;
}

const insertOpening = prepared(({ client }) =>
  client.prepare<[string, string, string, string, string, string, string]>(
    `INSERT INTO custody_openings (id, nonce, dataset, version, plan, plan_hash, state, at)
     VALUES (?, ?, ?, ?, ?, ?, 'begun', ?)`,
  ),
);
const updateOpening = prepared(({ client }) =>
  client.prepare<[string, string]>('UPDATE custody_openings SET state = ? WHERE id = ?'),
);
const selectNonce = prepared(({ client }) =>
  client.prepare<[string], number>('SELECT count(*) FROM custody_openings WHERE nonce = ?').pluck(),
);
const selectPlanHash = prepared(({ client }) =>
  client.prepare<[string], string>('SELECT plan_hash FROM custody_openings WHERE plan = ? LIMIT 1').pluck(),
);
const selectRate = prepared(({ client }) =>
  client.prepare<[string, string], number>('SELECT count(*) FROM custody_openings WHERE plan = ? AND at > ?').pluck(),
);
const selectBegun = prepared(({ client }) =>
  client.prepare<[], CustodyOpening>(
    `SELECT id, nonce, dataset, version, plan, plan_hash AS planHash FROM custody_openings WHERE state = 'begun'`,
  ),
);

export function beginCustodyOpening(tx: Db, opening: CustodyOpening): void {
  const { id, nonce, dataset, version, plan, planHash } = opening;
  insertOpening(tx).run(id, nonce, dataset, version, plan, planHash, tx.now());
}

export function endCustodyOpening(tx: Db, id: string, state: 'opened' | 'failed'): void {
  updateOpening(tx).run(state, id);
}

export const isNonceUsed = (db: Db, nonce: string): boolean => (selectNonce(db).get(nonce) ?? 0) > 0;

/** Under which terms the plan was opened for before; null where it never was. */
export const custodyPlanHash = (db: Db, plan: string): string | null => selectPlanHash(db).get(plan) ?? null;

/** @param since ISO 8601 UTC. */
export const openingsSince = (db: Db, plan: string, since: string): number => selectRate(db).get(plan, since) ?? 0;

/** What a crash cut off: charged, and nothing of it left. */
export const unfinishedCustodyOpenings = (db: Db): readonly CustodyOpening[] => selectBegun(db).all();

// ── Sets of rows, and what was opened about them ─────────────────────────────────────────────────────────────────

export interface CustodySet {
  readonly name: string;
  /** Rows in it. */
  readonly size: number;
  /** The bitmap, compressed. */
  readonly bits: Buffer;
}

const insertSet = prepared(({ client }) =>
  client.prepare<[string, string, string, number, Buffer]>(
    'INSERT INTO custody_sets (dataset, version, name, size, bits) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  ),
);
const selectSets = prepared(({ client }) =>
  client.prepare<[string, string, number, number], CustodySet>(
    'SELECT name, size, bits FROM custody_sets WHERE dataset = ? AND version = ? AND size BETWEEN ? AND ?',
  ),
);
const countSets = prepared(({ client }) =>
  client
    .prepare<[string, string], number>('SELECT count(*) FROM custody_sets WHERE dataset = ? AND version = ?')
    .pluck(),
);

export function rememberCustodySet(
  tx: Db,
  { dataset, version }: CustodyVersion,
  { name, size, bits }: CustodySet,
): void {
  insertSet(tx).run(dataset, version, name, size, bits);
}

/** Those of between `least` and `most` rows. */
export function custodySetsNear(
  db: Db,
  { dataset, version }: CustodyVersion,
  least: number,
  most: number,
): readonly CustodySet[] {
  return selectSets(db).all(dataset, version, least, most);
}

export function custodySetCount(db: Db, { dataset, version }: CustodyVersion): number {
  return countSets(db).get(dataset, version) ?? 0;
}

export interface CustodyCell {
  readonly set: string;
  /** Text of the functional. */
  readonly functional: string;
  /** Of its noise, as `top/bottom`. */
  readonly variance: string;
  /** What left: a whole number as text. */
  readonly noisy: string;
}

const insertCell = prepared(({ client }) =>
  client.prepare<[string, string, string, string, string, string]>(
    `INSERT INTO custody_cells (dataset, version, set_name, functional, variance, noisy) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET variance = excluded.variance, noisy = excluded.noisy`,
  ),
);
const selectCell = prepared(({ client }) =>
  client.prepare<[string, string, string, string], CustodyCell>(
    `SELECT set_name AS "set", functional, variance, noisy FROM custody_cells
     WHERE dataset = ? AND version = ? AND set_name = ? AND functional = ?`,
  ),
);

export function keepCustodyCell(tx: Db, { dataset, version }: CustodyVersion, cell: CustodyCell): void {
  insertCell(tx).run(dataset, version, cell.set, cell.functional, cell.variance, cell.noisy);
}

export function findCustodyCell(
  db: Db,
  { dataset, version }: CustodyVersion,
  set: string,
  functional: string,
): CustodyCell | null {
  return selectCell(db).get(dataset, version, set, functional) ?? null;
}
