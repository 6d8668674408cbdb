import { assert, type SourcePlace } from '../../errors.ts';
import type { PrivacyLimits } from '../../levels.ts';
import type { Cell } from '../../table-data.ts';
import type { Literal, NamedExpr, Rel } from '../plan.ts';
import { BOOLEAN, INTEGER } from '../sql-type.ts';
import { type Cells, overRows, overUnits, type Wanted } from './bounded-sums.ts';
import { and, call, type IdSource, literal, notDistinct } from './build.ts';
import { keyOf, outputOf, Placed, refsOf } from './collected.ts';
import type { PublicDomain } from './domain.ts';
import { withFirst } from './first-groups.ts';
import { type Beside, distinctCounts, leafCounts, leavesMaxOf, listCounts, shapeOf } from './leaf-counts.ts';
import type { LookThrough } from './look-through.ts';
import { valueType } from './measures.ts';
import {
  type BoundingFacts,
  boundingOf,
  rankedRowsMax,
  sensitivitiesOf,
  treeSensitivities,
} from './private-bounding.ts';
import type { PrivateChoice } from './private-choices.ts';
import type {
  Bounding,
  GroupSelection,
  PrivateBoundary,
  PrivateChoiceSpec,
  PrivateLayout,
  PrivateTerm,
  PrivateTree,
  PrivateValue,
} from './private-layout.ts';
import type { PrivateMeasure, PrivateSum } from './private-measures.ts';
import type { PrivateQuantile } from './private-quantiles.ts';
import { rankedRows } from './ranked-rows.ts';
import type { Raw } from './raw.ts';
import { constructRefused } from './refusals.ts';
import { unitsBehind } from './units-behind.ts';

/** What an aggregation over protected rows releases in mode `dp`. */
export interface PrivateSpec {
  readonly raw: Raw;
  readonly keys: readonly NamedExpr[];
  readonly measures: readonly PrivateMeasure[];
  readonly domain: PublicDomain | null;
  /** Of how many rows of a unit a value is taken to be made where nothing says; null where no value is. */
  readonly rowsTaken: number | null;
  readonly unitsMin: number;
  readonly limits: PrivacyLimits;
  /** How many groups are shown, those that most stand in, without their numbers; null: all, with numbers. */
  readonly first: number | null;
  readonly through: Pick<LookThrough, 'text'>;
  readonly place: SourcePlace | null;
}

/**
 * Builds the statement of a boundary: bounded sums of whole numbers by group, over rows of which each unit has a bounded share. The
 * variance of the noise is filled in once the whole query is known (privacy-split.ts).
 */
export function buildPrivateCells(asked: PrivateSpec, ids: IdSource): PrivateBoundary {
  const { keys, domain, limits, place } = asked;
  const groups = keys.length === 0 ? 1 : (domain?.size ?? null);
  const unbounded: BoundingFacts = { raw: asked.raw, groups, limits };
  const ranked = rankedRows(asked.raw, rankedRowsMax(unbounded), ids);
  const { bounding, raw } = boundingOf(unbounded, ranked, place);
  const facts: BoundingFacts = { ...unbounded, raw };
  const spec = { ...asked, raw };
  const statistics = new Statistics(spec);
  const values = spec.measures.map((measure) => statistics.value(measure));
  const sums = statistics.sums.all;
  const trees = statistics.trees.all.map((tree) => ({ tree, shape: shapeOf(tree, groups) }));
  const isSelected = groups === null;
  const cells = sumsOfGroups(spec, { groups, sums, isSelected }, bounding, ids);
  const leaves = trees.map(({ tree, shape }) => leafCounts(spec, tree, shape, bounding, ids));
  const lists = statistics.choices.all.map((choice) => listCounts(spec, choice, bounding, ids));
  const whole = domain === null ? ofEnoughUnits(cells, spec.unitsMin) : completed(cells, domain, ids);
  const listed = withBeside(whole, [...cells.beside, ...leaves, ...lists]);
  const placed = new Placed();
  const monotone = raw.units.length + raw.spread.length === 1;
  const counted: PrivateLayout = {
    keys: listed.keys.map((key) => placed.at(key)),
    groupsListed: groups,
    selection: isSelected ? selectionOf(spec, bounding, placed.at(listed.units!)) : null,
    units: unitsBehind(raw, place),
    bounding,
    rowsTaken: spec.rowsTaken,
    terms: sums.map(
      (sum, position): PrivateTerm => ({
        statistic: statistics.sums.texts[position]!,
        column: placed.at(listed.sums[position]!),
        scale: sum.scale,
        sensitivity: sensitivitiesOf(sum, bounding, facts),
        variance: NO_NOISE_YET,
      }),
    ),
    trees: trees.map(
      ({ tree, shape }, position): PrivateTree => ({
        statistic: statistics.trees.texts[position]!,
        column: placed.at(leaves[position]!.value),
        scale: tree.scale,
        low: String(tree.low),
        high: String(tree.high),
        leavesMax: leavesMaxOf(groups),
        questions: values.filter((value) => value.kind === 'quantile' && value.tree === position).length,
        sensitivity: treeSensitivities(shape.height, bounding, facts),
        variance: NO_NOISE_YET,
      }),
    ),
    choices: statistics.choices.all.map(
      ({ list }, position): PrivateChoiceSpec => ({
        statistic: statistics.choices.texts[position]!,
        column: placed.at(lists[position]!.value),
        list: list.map(cellOf),
        sensitivity: treeSensitivities(1, bounding, facts),
        monotone,
        epsilon: NO_NOISE_YET,
      }),
    ),
    values,
  };
  const layout = spec.first === null ? counted : withFirst(counted, spec.first, monotone);
  const released = [
    ...keys.map(({ name, expr }) => outputOf(ids, { name, type: expr.type })),
    ...layout.values.map(({ type }, index) => outputOf(ids, { name: `v${index}`, type })),
  ];
  return { kind: 'private', cells: placed.over(listed.rel, ids), released, layout };
}

/** Filled in when the whole query is known. */
const NO_NOISE_YET = { top: '0', bottom: '1' } as const;

/** As the engine would give it out. */
const cellOf = ({ value, type }: Literal): Cell => {
  assert(value === null || typeof value !== 'object', 'a list has no intervals');
  return type.kind === 'integer' || type.kind === 'hugeint' ? BigInt(String(value)) : value;
};

/** Sums of each group. Under bounding by groups, distinct values are bounded apart: per unit, group and value. */
function sumsOfGroups(spec: PrivateSpec, wanted: Wanted, bounding: Bounding, ids: IdSource): SumsOfGroups {
  if (bounding.kind !== 'groups') return { ...overRows(spec, wanted, bounding, ids), beside: [] };
  const together = wanted.sums.filter(({ distinct }) => distinct === null);
  const cells = overUnits(spec, { ...wanted, sums: together }, bounding, ids);
  const apart = wanted.sums.flatMap((sum) => {
    const { distinct } = sum;
    return distinct === null ? [] : [distinctCounts(spec, { ...sum, distinct }, bounding, ids)];
  });
  const [own, counts] = [[...cells.sums], apart.map(({ value }) => value)];
  const sums = wanted.sums.map(({ distinct }) => {
    const [next] = (distinct === null ? own : counts).splice(0, 1);
    assert(next !== undefined, 'each sum has its column');
    return next;
  });
  return { ...cells, sums, beside: apart };
}

interface SumsOfGroups extends Cells {
  /** Where some of the sums stand. */
  readonly beside: readonly Beside[];
}

/** Gives each distinct statistic one place, whatever values share it. */
class Distinct<T extends PrivateSum | PrivateQuantile | PrivateChoice> {
  readonly all: T[] = [];
  readonly texts: string[] = [];
  place(one: T, text: string): number {
    const known = this.texts.indexOf(text);
    if (known >= 0) return known;
    this.texts.push(text);
    return this.all.push(one) - 1;
  }
}

class Statistics {
  readonly sums = new Distinct<PrivateSum>();
  readonly trees = new Distinct<PrivateQuantile>();
  readonly choices = new Distinct<PrivateChoice>();
  private readonly spec: PrivateSpec;
  constructor(spec: PrivateSpec) {
    this.spec = spec;
  }

  value(measure: PrivateMeasure): PrivateValue {
    if (measure.kind === 'quantile') {
      const tree = this.trees.place(measure, `leaves:${this.textOf(measure, this.spec.through.text(measure.amount))}`);
      return { kind: 'quantile', tree, at: measure.at, type: measure.type };
    }
    if (measure.kind === 'choice') {
      const text = `mode:${this.textOf(measure, this.spec.through.text(measure.of))}`;
      return { kind: 'choice', choice: this.choices.place(measure, text), type: measure.type };
    }
    const { rule, type, range } = measure;
    const forms = measure.forms.map((form) => form.map(({ sum, factor }) => ({ term: this.sum(sum), factor })));
    return { kind: 'number', rule, forms, type: valueType(rule, type), range };
  }

  private sum(sum: PrivateSum): number {
    const { amount, countsUnit, distinct } = sum;
    const rows = distinct === null ? 'rows' : `distinct ${this.spec.through.text(distinct.of)}`;
    const counted = countsUnit === null ? rows : `units:${countsUnit}`;
    return this.sums.place(sum, this.textOf(sum, amount === null ? counted : this.spec.through.text(amount)));
  }

  private textOf({ where }: Pick<PrivateSum, 'where'>, what: string): string {
    const conditions = [...new Set(where.map(this.spec.through.text))].sort().join(' & ');
    return conditions === '' ? what : `${what}|${conditions}`;
  }
}

/**
 * Beside each group's sums what else is counted of it.
 * INVARIANT: joined to the groups of the public list, not to those that have sums: each count leaves out groups of a unit of its own, and whether some
 * unit has a sum in a group must not decide whether the others' rows are counted there.
 */
function withBeside(cells: Cells, sides: readonly Beside[]): Cells {
  let { rel } = cells;
  for (const side of sides) {
    const on = side.keys.map((key, position) => notDistinct(cells.keys[position]!, key));
    // No rows with a value, nothing to count: the group is there all the same.
    rel = { kind: 'join', join: 'left', left: rel, right: side.rel, on: on.length === 0 ? ALWAYS : and(on) };
  }
  return { ...cells, rel };
}

const ALWAYS = literal(true, BOOLEAN);

// ── Which groups ─────────────────────────────────────────────────────────────────────────────────────────────────

/** All groups of the public list and no others, whatever the data hold. */
export function completed(cells: Cells, domain: PublicDomain, ids: IdSource): Cells {
  const keys = domain.keys.map((key) => keyOf(ids, key, 'key'));
  const left: Rel = { kind: 'project', input: domain.rel, columns: keys };
  const on = refsOf(keys).map((key, position) => notDistinct(key, cells.keys[position]!));
  const rel: Rel = { kind: 'join', join: 'left', left, right: cells.rel, on: and(on) };
  return { ...cells, rel, keys: refsOf(keys) };
}

/** What is never selected stays in the worker. */
export function ofEnoughUnits(cells: Cells, unitsMin: number): Cells {
  if (cells.units === null) return cells;
  const predicate = call('gte', [cells.units, literal(String(unitsMin), INTEGER)], BOOLEAN);
  return { ...cells, rel: { kind: 'filter', input: cells.rel, predicate } };
}

export function selectionOf(
  { raw, limits, unitsMin, place }: Pick<PrivateSpec, 'raw' | 'limits' | 'unitsMin' | 'place'>,
  bounding: Bounding,
  units: number,
): GroupSelection {
  if (raw.units.length + raw.spread.length > 1)
    throw constructRefused(
      'groups of rows that belong to several units',
      'GROUP BY columns with a public list',
      place,
      'dp',
    );
  const groupsMax = mostGroups(bounding, raw);
  return {
    units,
    groupsMax,
    unitsMin,
    variance: NO_NOISE_YET,
    delta: { top: String(Math.floor(limits.delta * 1e15)), bottom: '1000000000000000' },
  };
}

/** No more than it has rows. */
function mostGroups(bounding: Bounding, { units }: Raw): number {
  if (bounding.kind === 'groups') return bounding.groupsMax;
  return bounding.kind === 'rows' ? bounding.rowsMax : units[0]!.rowsMax!;
}
