import { inflateRawSync } from 'node:zlib';
import {
  type CustodyVersion,
  custodyPlanHash,
  custodySetCount,
  custodySetsNear,
  type Db,
  openingsSince,
} from '#catalog';
import {
  AppError,
  type CipherScheme,
  CUSTODY_REFUSALS,
  type CustodyRefusal,
  encryptedRange,
  type Functional,
  functionalSize,
  isWithinWork,
  sumIsExact,
} from '#policies';
import { type RowSet, rowSetOf } from '#sandbox';
import type { CustodianPolicy } from './custodian-policy.ts';
import type { HeldPackage } from './held-package.ts';
import { type OpeningRequest, sha256Hex, unpackRows } from './opening-request.ts';
import {
  differenceOf,
  rowsOfLargestUnit,
  setsOfWidestUnit,
  type UnitNumbers,
  unionOf,
  unitsUpTo,
} from './unit-counts.ts';

/** A request whose sets of rows have been read, beside what the custodian holds of the data. */
export interface Opening {
  readonly request: OpeningRequest;
  readonly held: HeldPackage;
  /** Per group and part; null where the set is empty. */
  readonly groups: readonly (readonly (JudgedSet | null)[])[];
}
export interface JudgedSet {
  /** SHA-256 of the bitmap. */
  readonly name: string;
  readonly rows: RowSet;
  /** As the gateway says. */
  readonly sumOf: ReadonlyMap<string, string>;
}

export interface CheckContext {
  readonly db: Db;
  readonly policy: CustodianPolicy;
  readonly now: Date;
}

/** Looks at a whole request. @throws AppError CUSTODIAN_REFUSED */
export interface OpeningCheck {
  readonly name: CustodyRefusal;
  readonly check: (opening: Opening, context: CheckContext) => void;
}
/** Says whether numbers about a set may leave; what may not is withheld, and looks the same whatever the reason. */
export interface SetCheck {
  readonly name: 'units' | 'largest' | 'difference';
  readonly holds: (set: JudgedSet, others: readonly JudgedSet[], opening: Opening, context: CheckContext) => boolean;
}

export function custodyRefused(why: CustodyRefusal): AppError {
  return new AppError('CUSTODIAN_REFUSED', { why, ...CUSTODY_REFUSALS[why] });
}

function need(holds: boolean, why: CustodyRefusal): void {
  if (!holds) throw custodyRefused(why);
}

export const sumName = (column: string, of: 'value' | 'square'): string => `${of} ${column}`;

/** The sets of a request as they are: each as large as it says, all within the table. @throws AppError CUSTODIAN_REFUSED */
export function readOpening(request: OpeningRequest, held: HeldPackage): Opening {
  const parts = request.groups[0]!.length;
  const groups = request.groups.map((sets) => {
    need(sets.length === parts, 'malformed');
    return sets.map((set) => (set === null ? null : readSet(set, held)));
  });
  need(
    request.statistics.every(({ part }) => part < parts),
    'malformed',
  );
  return { request, held, groups };
}

function readSet(
  { rows: packed, size, sums }: NonNullable<OpeningRequest['groups'][number][number]>,
  held: HeldPackage,
): JudgedSet {
  const rows = unpacked(packed, held.rows);
  const beyond = held.rows % 8 === 0 ? 0 : (rows.bytes[held.rows >>> 3] ?? 0) & (0xff >> (held.rows & 7));
  // INVARIANT: what is opened is the sum over a set: a row that a join repeats stands in no set twice, so that the sizes differ.
  need(rows.size === size && beyond === 0, 'rows');
  const sumOf = new Map(sums.map(({ column, of, sum }) => [sumName(column, of), sum]));
  return { name: sha256Hex(trimmed(rows.bytes)), rows, sumOf };
}

function unpacked(packed: string, rows: number): RowSet {
  try {
    return unpackRows(packed, rows);
  } catch {
    throw custodyRefused('rows'); // no bitmap of this table
  }
}

/** Equal sets have one name, however many zeros follow. */
function trimmed(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

// ── The whole request ────────────────────────────────────────────────────────────────────────────────────────────

/** In this order: what costs least first. */
export const OPENING_CHECKS: readonly OpeningCheck[] = [
  { name: 'rate', check: checkRate },
  { name: 'grant', check: checkGrant },
  { name: 'parameters', check: checkParameters },
  { name: 'groups', check: checkWork },
  { name: 'overflow', check: checkOverflow },
  { name: 'share', check: checkShare },
];

function checkRate({ request }: Opening, { db, policy, now }: CheckContext): void {
  const since = new Date(now.getTime() - 60_000).toISOString();
  need(openingsSince(db, request.plan, since) < policy.openingsPerMinute, 'rate');
}

/** A plan is opened for under the terms of its first opening: an approval that came later is another plan. */
function checkGrant({ request }: Opening, { db }: CheckContext): void {
  const before = custodyPlanHash(db, request.plan);
  need(before === null || before === request.planHash, 'grant');
}

/** Scheme, scale and bounds are what the provider signed: from them the noise is made and overflow ruled out. */
function checkParameters({ request, held, groups }: Opening): void {
  const declared = new Map(held.columns.map((column) => [column.name, column]));
  for (const { name, scheme, scale, min, max } of request.columns) {
    const column = declared.get(name);
    need(
      column !== undefined && column.encryption.scheme === scheme && (column.scale ?? 2) === scaleSaid(column, scale),
      'parameters',
    );
    const range = encryptedRange(column!);
    need(String(range.min) === min && String(range.max) === max, 'parameters');
  }
  const weights = request.statistics.flatMap(({ functional }) => functional.weights);
  for (const { column, of } of weights) {
    const known = declared.get(column);
    need(known !== undefined && request.columns.some(({ name }) => name === column), 'parameters');
    need(of === 'value' || known!.encryption.squares === true, 'parameters');
  }
  for (const { part, functional } of request.statistics) {
    for (const { column, of } of functional.weights) {
      const shape = SUM_SHAPE[declared.get(column)!.encryption.scheme];
      need(
        groups.every((sets) => sets[part] === null || shape.test(sets[part]!.sumOf.get(sumName(column, of)) ?? '')),
        'parameters',
      );
    }
  }
}

/** The sum itself, or the digest of what whoever sums the same rows comes to. */
const SUM_SHAPE: Readonly<Record<CipherScheme, RegExp>> = { 'ashe-v1': /^-?\d{1,46}$/, 'bgv-v1': /^[0-9a-f]{64}$/ };

/** Sums that are computed again cost by their sets and blocks. */
function checkWork({ held, groups }: Opening): void {
  const scheme = held.columns[0]?.encryption.scheme ?? 'ashe-v1';
  need(isWithinWork(scheme, groups.flat().filter((set) => set !== null).length, held.rows), 'groups');
}

/** Of an integer the scale is 0 by its type. */
function scaleSaid(column: HeldPackage['columns'][number], scale: number): number {
  if (column.type === 'integer') return scale === 0 ? (column.scale ?? 2) : Number.NaN;
  return scale;
}

export function sizeOfFunctional(functional: Functional, held: HeldPackage): bigint {
  return functionalSize(functional, (name) => encryptedRange(held.columns.find((column) => column.name === name)!));
}

/** Every encrypted sum comes out of its ring as it went in, whatever the rows hold: over all rows of the table. */
function checkOverflow({ request, held }: Opening): void {
  for (const { functional } of request.statistics) {
    for (const { column: name, of } of functional.weights) {
      const column = held.columns.find((one) => one.name === name)!;
      need(sumIsExact(column.encryption.scheme, encryptedRange(column), of, BigInt(held.rows)), 'overflow');
    }
    need(sizeOfFunctional(functional, held) < SIZE_MAX, 'overflow');
  }
}

/** What one row may add to a weighted sum: noise for more is beyond what can be drawn. */
const SIZE_MAX = 1n << 54n;

/** What one unit has in the sets is counted here: the noise is made for no more. */
function checkShare({ request, held, groups }: Opening): void {
  const parts = groups[0]!.map((_, part) => groups.flatMap((sets) => sets[part] ?? []).map(({ rows }) => rows));
  for (const units of held.units) {
    const bound = request.share.find(({ unit }) => unit === units.column);
    need(bound !== undefined, 'share');
    for (const sets of parts) {
      const whole = unionOf(sets);
      need(whole.isDisjoint, 'rows');
      if (bound!.groupsMax === null) need(rowsOfLargestUnit(whole.rows, units) <= bound!.rowsMax, 'share');
      else {
        need(
          sets.every((rows) => rowsOfLargestUnit(rows, units) <= bound!.rowsMax),
          'share',
        );
        need(setsOfWidestUnit(sets, units) <= bound!.groupsMax, 'share');
      }
    }
  }
}

// ── Set by set ───────────────────────────────────────────────────────────────────────────────────────────────────

export const SET_CHECKS: readonly SetCheck[] = [
  { name: 'units', holds: hasEnoughUnits },
  { name: 'largest', holds: hasNoLargeUnit },
  { name: 'difference', holds: differsEnough },
];

const unitsMinOf = ({ request }: Opening, { policy }: CheckContext): number =>
  Math.max(request.unitsMin, policy.unitsMin);

function hasEnoughUnits({ rows }: JudgedSet, _others: readonly JudgedSet[], opening: Opening, context: CheckContext) {
  const least = unitsMinOf(opening, context);
  return opening.held.units.every((units) => unitsUpTo(rows, units, least) >= least);
}

function hasNoLargeUnit(
  { rows }: JudgedSet,
  _others: readonly JudgedSet[],
  { held }: Opening,
  { policy }: CheckContext,
) {
  return held.units.every((units) => rowsOfLargestUnit(rows, units) <= policy.largestShareMax * rows.size);
}

/** From every set that was opened before, and from those of the request that come before it, by nothing or by enough units. */
function differsEnough(set: JudgedSet, others: readonly JudgedSet[], opening: Opening, context: CheckContext): boolean {
  const { held } = opening;
  const least = unitsMinOf(opening, context);
  // Fewer units than `least` have fewer rows than this: sets whose sizes are further apart differ in enough of them.
  const near = Math.max(...held.units.map((units) => (least - 1) * rowsMaxOf(units, opening)));
  const { size } = set.rows;
  const earlier = custodySetsNear(context.db, held, size - near, size + near)
    .filter(({ name }) => name !== set.name)
    .map(({ bits }) => rowSetOf(inflateRawSync(bits)));
  const beside = others.filter(({ name }) => name !== set.name).map(({ rows }) => rows);
  return [...earlier, ...beside].every((other) => isFar(differenceOf(set.rows, other), held.units, least));
}

const isFar = (difference: RowSet, units: readonly UnitNumbers[], least: number): boolean =>
  difference.size === 0 || units.every((one) => unitsUpTo(difference, one, least) >= least);

const largestOf = new WeakMap<UnitNumbers, number>();

/** Most rows of one unit in the whole table; counted once. */
function rowsMaxOf(units: UnitNumbers, { held }: Opening): number {
  const known = largestOf.get(units);
  if (known !== undefined) return known;
  const all = rowSetOf(new Uint8Array(Math.ceil(held.rows / 8)).fill(0xff));
  const most = rowsOfLargestUnit(withinTable(all, held.rows), units);
  largestOf.set(units, most);
  return most;
}

function withinTable({ bytes }: RowSet, rows: number): RowSet {
  if (rows % 8 !== 0) bytes[bytes.length - 1]! &= 0xff << (8 - (rows & 7));
  return rowSetOf(bytes);
}

/** Whether the custodian remembers as many sets of the version as it will. */
export function isFull(db: Db, version: CustodyVersion, { setsMax }: CustodianPolicy): boolean {
  return custodySetCount(db, version) >= setsMax;
}
