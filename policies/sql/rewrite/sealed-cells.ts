import { functionalText } from '../../custody/functional.ts';
import { isWithinWork, ROW_INDEX_COLUMN } from '../../encrypted-columns.ts';
import { assert } from '../../errors.ts';
import type { ColumnRef, Expr, SealedColumn } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { HUGEINT, INTEGER, TEXT } from '../sql-type.ts';
import { ownedRows } from './bounded-rows.ts';
import { type Cells, distinctUnits, sumCall } from './bounded-sums.ts';
import { aggregateCall, and, group, type IdSource, literal, ref } from './build.ts';
import { codedKeys, decoded } from './coded-keys.ts';
import { Collected, outputOf, Placed, refsOf } from './collected.ts';
import { countStar } from './exact-cells.ts';
import { withFlags } from './flags.ts';
import { boundedRows } from './leaf-counts.ts';
import { valueType } from './measures.ts';
import { type BoundingFacts, boundingOf, sensitivitiesOf } from './private-bounding.ts';
import { completed, ofEnoughUnits, selectionOf } from './private-cells.ts';
import type { Bounding, PrivateValue } from './private-layout.ts';
import { rootOf, type SealedRows } from './raw.ts';
import { constructRefused } from './refusals.ts';
import type { SealedBoundary, SealedPart, SealedSum, SealedTable, SealedTerm } from './sealed-layout.ts';
import type { SealedStatistic } from './sealed-measures.ts';
import type { SealedSpec } from './sealed-spec.ts';
import { unitsBehind } from './units-behind.ts';

/**
 * Builds the statement of a boundary over encrypted columns: per group the set of its rows and the sums of their ciphertext, over rows of
 * which each unit has a bounded share. Whole rows are left out, since nobody can clamp what is encrypted.
 */
export function buildSealedCells(spec: SealedSpec, ids: IdSource): SealedBoundary {
  const { raw, keys, domain, limits, place } = spec;
  const groups = keys.length === 0 ? 1 : (domain?.size ?? null);
  const facts: BoundingFacts = { raw, groups, limits };
  const { bounding } = boundingOf(facts, null, place);
  const statistics = new SealedStatistics(spec);
  const values = spec.measures.map((measure): PrivateValue => {
    const { rule, type, range } = measure;
    const forms = measure.forms.map((form) =>
      form.map(({ statistic, factor }) => ({ term: statistics.place(statistic), factor })),
    );
    return { kind: 'number', rule, forms, type: valueType(rule, type), range };
  });
  checkWork(spec, (groups ?? 1) * statistics.parts.length);
  const made = groupedCells(spec, statistics, bounding, groups === null, ids);
  const listed = domain === null ? ofEnoughUnits(made.cells, spec.unitsMin) : completed(made.cells, domain, ids);
  const placed = new Placed();
  const layout = {
    keys: listed.keys.map((key) => placed.at(key)),
    groupsListed: groups,
    selection: groups === null ? selectionOf(spec, bounding, placed.at(listed.units!)) : null,
    units: unitsBehind(raw, place),
    bounding,
    rowsTaken: null,
    table: tableOf(spec, bounding),
    parts: made.parts.map(({ rows, count, sums }): SealedPart => {
      const placedSums = sums.map(({ words, ...sum }) => ({ ...sum, words: words.map((word) => placed.at(word)) }));
      return { rows: placed.at(rows), count: placed.at(count), sums: placedSums };
    }),
    terms: statistics.all.map(({ sum, functional, part }, position): SealedTerm => {
      const noisy = {
        statistic: statistics.texts[position]!,
        scale: sum.scale,
        sensitivity: sensitivitiesOf(sum, bounding, facts),
        variance: { top: '0', bottom: '1' },
      };
      if (functional !== null) return { ...noisy, kind: 'opened', part, functional };
      return { ...noisy, kind: 'plain', column: placed.at(made.plain.get(position)!) };
    }),
    trees: [] as const,
    choices: [] as const,
    values,
    unitsMin: spec.unitsMin,
  };
  const released = [
    ...keys.map(({ name, expr }) => outputOf(ids, { name, type: expr.type })),
    ...values.map(({ type }, index) => outputOf(ids, { name: `v${index}`, type })),
  ];
  return { kind: 'sealed', cells: placed.over(listed.rel, ids), released, layout };
}

/**
 * Sums over blocks cost by sets and rows: what a list of groups makes too many of is refused before anything runs.
 * @throws AppError POLICY_CONSTRUCT_REFUSED
 */
function checkWork({ sealed, place }: SealedSpec, sets: number): void {
  const scheme = [...sealed.stored.values()].find((column) => column.sealed !== undefined)?.sealed?.scheme;
  if (scheme === undefined || isWithinWork(scheme, sets, sealed.sealedRows)) return;
  throw constructRefused(
    'so many groups of columns under bgv-v1',
    'up to 100 groups, fewer of a large table',
    place,
    'homomorphic',
  );
}

/** Gives each distinct number one place, and each set of rows that numbers are about. */
class SealedStatistics {
  readonly all: (SealedStatistic & { readonly part: number })[] = [];
  readonly texts: string[] = [];
  /** The conditions of each set; the first has none. */
  readonly parts: (readonly Expr[])[] = [[]];
  private readonly partTexts: string[] = [''];
  private readonly spec: SealedSpec;
  constructor(spec: SealedSpec) {
    this.spec = spec;
  }

  place(statistic: SealedStatistic): number {
    const { text } = this.spec.through;
    const { sum, functional } = statistic;
    const condition = [...new Set(sum.where.map(text))].sort().join(' & ');
    const counted = sum.countsUnit === null ? '' : `units:${sum.countsUnit}`;
    const what = functional === null ? (sum.amount === null ? counted : text(sum.amount)) : functionalText(functional);
    const name = `${functional === null ? '' : 'opened:'}${what}|${condition}`;
    const known = this.texts.indexOf(name);
    if (known >= 0) return known;
    this.texts.push(name);
    return this.all.push({ ...statistic, part: functional === null ? 0 : this.part(sum.where, condition) }) - 1;
  }

  private part(where: readonly Expr[], condition: string): number {
    const known = this.partTexts.indexOf(condition);
    if (known >= 0) return known;
    this.partTexts.push(condition);
    return this.parts.push(where) - 1;
  }
}

interface PartColumns {
  readonly rows: ColumnRef;
  readonly count: ColumnRef;
  readonly sums: readonly (Omit<SealedSum, 'words'> & { readonly words: readonly ColumnRef[] })[];
}

function groupedCells(
  spec: SealedSpec,
  statistics: SealedStatistics,
  bounding: Bounding,
  isSelected: boolean,
  ids: IdSource,
): { readonly cells: Cells; readonly parts: readonly PartColumns[]; readonly plain: ReadonlyMap<number, ColumnRef> } {
  const { rel, keys } = codedKeys(ownedRows(spec.raw), spec.keys, ids);
  const innerKeys = keys.map(({ key }) => key);
  const kept = boundedRows(
    rel,
    innerKeys.map(({ expr }) => expr),
    spec,
    bounding,
    ids,
  );
  const collected = new Collected(ids);
  const parts = statistics.parts.map((where, part) => partColumns(spec, statistics, where, part, collected));
  const plain = new Map(
    statistics.all.flatMap(({ functional, sum }, position) =>
      functional === null ? [[position, collected.add(sumCall(sum, spec.raw))] as const] : [],
    ),
  );
  const units = isSelected ? collected.add(distinctUnits(spec.raw, 0, [])) : null;
  const conditions = statistics.all.flatMap(({ sum: { where } }) => (where.length === 0 ? [] : [and(where)]));
  const flagged = withFlags(kept, conditions, collected.measures, ids);
  const grouped = { rel: group(flagged.rel, innerKeys, flagged.measures), keys: refsOf(innerKeys) };
  return { cells: { ...decoded(grouped, keys, ids), sums: [], units }, parts, plain };
}

/** Of one set: its bitmap, its size, and the encrypted sums that some number reads. */
function partColumns(
  { raw, sealed }: SealedSpec,
  statistics: SealedStatistics,
  where: readonly Expr[],
  part: number,
  collected: Collected,
): PartColumns {
  const filter = where.length === 0 ? [] : [and(where)];
  const hidden = (name: string) => ref(sealed.columns.find(({ column }) => column === name)!.id, HUGEINT);
  const last = String(Math.max(1, Math.ceil(sealed.sealedRows / 8)) * 8 - 1);
  const set = [hidden(ROW_INDEX_COLUMN), literal(last, INTEGER)];
  const summed = (column: ColumnRef) =>
    collected.add(aggregateCall('cipher_sum', { args: [column], type: HUGEINT, filter }));
  const read = statistics.all.flatMap((one) => (one.part === part ? (one.functional?.weights ?? []) : []));
  const distinct = [...new Map(read.map(({ column, of }) => [`${of} ${column}`, { column, of }])).values()];
  return {
    rows: collected.add(aggregateCall('row_set', { args: set, type: TEXT, filter })),
    count: collected.add(countStar(filter)),
    sums: distinct.map(({ column, of }) => {
      const { scheme, squareColumns } = sealedNamed(sealed, column);
      const stored = of === 'value' ? [column] : squareColumns;
      if (scheme === 'bgv-v1') return { column, of, words: [], blocks: stored };
      const words = of === 'value' ? [visible(raw, sealed, column)] : stored.map(hidden);
      return { column, of, words: words.map(summed), blocks: [] };
    }),
  };
}

/** The stored column as the relation gives it out, under whatever id. */
function visible(raw: SealedSpec['raw'], { stored }: SealedSpec['sealed'], name: string): ColumnRef {
  const found = columnsOf(raw.rel).find(({ id }) => stored.get(rootOf(raw.alias, id))?.column === name);
  assert(found !== undefined, 'what is summed is a column of the rows');
  return ref(found.id, found.type);
}

export function sealedNamed({ stored }: SealedRows, name: string): SealedColumn {
  const found = [...stored.values()].find(({ column }) => column === name)?.sealed;
  assert(found !== undefined, 'what is summed is an encrypted column');
  return found;
}

/** What the custodian is told of one unit's share: it counts for itself. */
function tableOf({ raw, sealed }: SealedSpec, bounding: Bounding): SealedTable {
  const columns = [...sealed.stored.values()].flatMap(({ column: name, sealed: one }) =>
    one === undefined ? [] : [{ name, scheme: one.scheme, scale: one.scale, min: one.min, max: one.max }],
  );
  const share = [...sealed.stored.values()].flatMap(({ id, unit, column, unitRowsMax }) => {
    if (unit === null) return [];
    const position = raw.units.findIndex((one) => rootOf(raw.alias, one.id) === rootOf(raw.alias, id));
    return [{ unit: column, ...shareOf(bounding, position, raw.units[position]?.rowsMax ?? unitRowsMax ?? null) }];
  });
  const { resource, version, sealedRows } = sealed;
  const storage = columns.every(({ scheme }) => scheme === 'ashe-v1') ? 'words' : 'blocks';
  return { resource, version, sealedRows, storage, columns, share };
}

function shareOf(bounding: Bounding, position: number, declared: number | null) {
  if (bounding.kind === 'groups') return { groupsMax: bounding.groupsMax, rowsMax: bounding.rowsMax };
  const rowsMax = bounding.kind === 'rows' && bounding.unit === position ? bounding.rowsMax : declared;
  assert(rowsMax !== null, 'of all but one kind of units the rows are bounded by declaration');
  return { groupsMax: null, rowsMax };
}
