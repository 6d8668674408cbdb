import { DOUBLE_SCALE } from '../../mechanisms/cell-key/fixed-point.ts';
import type { ColumnRef, Expr, NamedExpr, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { BOOLEAN, HUGEINT, INTEGER } from '../sql-type.ts';
import { askedText } from './asked-text.ts';
import {
  aggregateCall,
  and,
  call,
  equals,
  group,
  type IdSource,
  isNotTrue,
  literal,
  named,
  notDistinct,
  ref,
  refTo,
} from './build.ts';
import type { CellLayout, CellsBoundary, TermNoise } from './cell-layout.ts';
import { addsUp, type BoundRefs, type ClassCells, classCells, isOnePass } from './class-cells.ts';
import { Collected, keyOf, outputOf, Placed, refsOf } from './collected.ts';
import { commonValues } from './common-values.ts';
import type { Condition } from './conditions.ts';
import type { PublicDomain } from './domain.ts';
import { exactCells, regrouped } from './exact-cells.ts';
import { countedOnce, keySumsOf } from './key-sums.ts';
import type { LookThrough } from './look-through.ts';
import { type Measure, valueType } from './measures.ts';
import { namesOfUnit, type Raw, rootOf } from './raw.ts';
import { rowText } from './row-text.ts';
import { gathered, smallGroups } from './small-groups.ts';
import type { Magnitude, Terms } from './term-specs.ts';

/** What an aggregation over protected rows releases. */
export interface CellsSpec {
  readonly raw: Raw;
  readonly keys: readonly NamedExpr[];
  readonly measures: readonly Measure[];
  readonly terms: Terms;
  readonly domain: PublicDomain | null;
  readonly unitsMin: number;
  /** Groups with fewer rows are never shown, and do not leave the worker. */
  readonly rowsMin: number;
  readonly mode: CellLayout['mode'];
  /** What declared bounds prove of expressions over the rows. */
  readonly through: Pick<LookThrough, 'isNonNegative' | 'largest' | 'text'>;
}

/** A magnitude whose contributors are looked at before it leaves. */
export interface Check {
  readonly magnitude: Magnitude;
  readonly filter: readonly Expr[];
  readonly conditions: readonly Condition[];
  readonly nonNegative: boolean;
}

/**
 * Builds the statements of a boundary. The first gives every group its terms and, from partial sums over classes of
 * units, bounds that prove most of what protection asks; the second the exact contributions of what stays open.
 */
export function buildCells(spec: CellsSpec, ids: IdSource): CellsBoundary {
  const { checks, places, rests } = checksOf(spec);
  const { units } = spec.raw;
  const passes = isOnePass(spec) ? [units] : units.map((unit) => [unit]);
  const once = countedOnce(spec.raw, spec.terms.terms);
  const sides = passes.flatMap((of, pass) => classCells(spec, of, { checks, once }, pass === 0, ids));
  const distinct = distinctValues(spec, ids);
  const joined = joinedOnKeys(sides, distinct);
  const first = sides[0]!;
  const prints = keySumsOf(spec.raw, spec.raw.units[0]!, once);
  const marked = spec.domain === null ? gathered(spec, joined, sides, ids) : listed(joined, first, spec.domain, ids);
  const counted = new Map(distinct.flatMap(({ values }) => [...values]));
  const drawn = new Map(distinct.flatMap(({ fingerprints }) => [...fingerprints]));
  const values = spec.terms.terms.map((_, term) => first.values[term] ?? counted.get(term)!);
  const isGathered = spec.mode === 'aggregate' && marked.groups !== null;
  const small = isGathered ? smallGroups(spec, joined, sides, values, ids) : null;
  const { rows, text, isWhole } = rowText(spec.raw.rel);
  const exact = exactCells(spec, checks, ids);
  const placed = new Placed();
  const layout: CellLayout = {
    keys: marked.keys.map((key) => placed.at(key)),
    keyTexts: spec.keys.map(({ expr }) => text(expr)),
    listed: marked.listed === null ? null : placed.at(marked.listed),
    groups: marked.groups === null ? null : placed.at(marked.groups),
    unitsMin: spec.unitsMin,
    units: spec.raw.units.map(({ id, type, unit, rowsMax, unowned }, position) => {
      const text = spec.through.text(ref(id, type));
      const names = namesOfUnit(spec.raw, id);
      return { unit, text, names, oneRow: rowsMax === 1, unowned, mask: placed.at(sides[position]!.mask) };
    }),
    sets: spec.terms.sets.map(({ filter }, set) => ({
      rows: rows(filter === null ? [] : [filter]),
      asked: askedText(
        spec.raw.rel,
        spec.keys.map(({ expr }) => expr),
        filter === null ? [] : [filter],
      ),
      rest: rests[set]!,
      prints: prints.map(({ rowKeys, distinct }, print) => ({
        classes: sides.map(({ classes }) => placed.at(classes[set]![print]!)),
        tables: rowKeys.map(({ resource, version }) => {
          return { resource, version, repeats: !distinct && once.has(resource) };
        }),
      })),
    })),
    checks: checks.map((one, check) => {
      const gross = sides.map(({ bounds }) => placedBounds(bounds[check]!, placed));
      return {
        kind: one.magnitude.kind,
        bounds: addsUp(one) ? gross : sides.map(() => null),
        gross,
        unitCount: isOfUnits(spec, one.magnitude) ? placed.at(values[places.indexOf(check)]!) : null,
      };
    }),
    terms: spec.terms.terms.map(({ functional, set, magnitude, call: { filter } }, term) => {
      const fingerprint = [...(first.fingerprints[term] ?? []), ...(drawn.get(term) ?? [])];
      const noise =
        spec.mode === 'perturbed'
          ? noiseOf(
              spec,
              term,
              fingerprint.map((column) => placed.at(column)),
            )
          : null;
      const summed = magnitude.kind === 'rows' ? '' : text(magnitude.arg);
      const statistic = `${magnitude.kind} ${summed} ${rows(filter === null ? [] : [filter])}`;
      return { functional, statistic, set, check: places[term]!, value: placed.at(values[term]!), noise };
    }),
    values: spec.measures.map(({ rule, unitsExtra, type }, measure) => ({
      rule,
      forms: spec.terms.forms[measure]!,
      unitsMin: spec.unitsMin + unitsExtra,
      type: valueType(rule, type),
    })),
    mode: spec.mode,
    isWhole,
    exact: exact.layout,
    small: small?.layout ?? null,
  };
  return {
    kind: 'cells',
    cells: placed.over(marked.rel, ids),
    exact: exact.rel,
    small: small?.rel ?? null,
    released: released(spec, ids),
    layout,
  };
}

function noiseOf({ terms, through }: CellsSpec, term: number, fingerprint: readonly number[]): TermNoise {
  const { magnitude, call } = terms.terms[term]!;
  const scale = call.type.kind === 'decimal' ? call.type.scale : call.type.kind === 'double' ? DOUBLE_SCALE : 0;
  return { fingerprint, scale, bound: magnitude.kind === 'sum' ? through.largest(magnitude.arg) : '1' };
}

/** Distinct units of the only kind there is: each counts one, whatever its rows. */
function isOfUnits({ raw: { units } }: CellsSpec, magnitude: Magnitude): boolean {
  const [unit, ...others] = units;
  if (magnitude.kind !== 'distinct' || others.length > 0) return false;
  return magnitude.arg.kind === 'column' && magnitude.arg.id === unit!.id;
}

function placedBounds(bounds: BoundRefs | null, placed: Placed) {
  if (bounds === null) return null;
  const { units, top1, top2, total, unowned } = bounds;
  const at = (column: ColumnRef) => placed.at(column);
  return { units: at(units), top1: at(top1), top2: at(top2), total: at(total), unowned: at(unowned) };
}

interface Checks {
  readonly checks: readonly Check[];
  /** One per term. */
  readonly places: readonly number[];
  /** One per set. */
  readonly rests: readonly (number | null)[];
}

/** The rows of the group first; then each distinct magnitude of a term, and what a set leaves out. */
function checksOf({ terms, through }: CellsSpec): Checks {
  const checks: Check[] = [];
  const known = new Map<string, number>();
  const placeOf = (check: Check): number => {
    const text = JSON.stringify(check);
    const place = known.get(text) ?? checks.push(check) - 1;
    known.set(text, place);
    return place;
  };
  placeOf({ magnitude: { kind: 'rows' }, filter: [], conditions: [], nonNegative: true });
  const places = terms.terms.map(({ magnitude, call: { filter }, requires }) => {
    const nonNegative = magnitude.kind !== 'sum' || through.isNonNegative(magnitude.arg);
    return placeOf({ magnitude, filter: filter === null ? [] : [filter], conditions: requires, nonNegative });
  });
  const rests = terms.sets.map(({ filter }) =>
    filter === null ? null : placeOf({ ...checks[0]!, filter: [isNotTrue(filter)] }),
  );
  return { checks, places, rests };
}

interface Keyed {
  readonly rel: Rel;
  readonly keys: readonly ColumnRef[];
}

interface DistinctValues extends Keyed {
  readonly values: ReadonlyMap<number, ColumnRef>;
  /** Sums of hashes of the distinct values. */
  readonly fingerprints: ReadonlyMap<number, readonly ColumnRef[]>;
}

/** Distinct counts do not add up over classes: they are counted over the whole group. */
function distinctValues(spec: CellsSpec, ids: IdSource): readonly DistinctValues[] {
  const terms = [...spec.terms.terms.entries()].flatMap(([term, { magnitude, filter }]) =>
    magnitude.kind === 'distinct' ? [{ term, arg: magnitude.arg, filter }] : [],
  );
  if (terms.length === 0) return [];
  if (spec.mode === 'perturbed') return [perturbedValues(spec, terms, ids)];
  const units = terms.filter(({ arg }) => isUnit(spec, arg));
  const others = Map.groupBy(
    terms.filter((one) => !units.includes(one)),
    ({ arg }) => JSON.stringify(arg),
  );
  const common = [...others.values()].map((equal) => {
    return { ...commonValues(spec, { arg: equal[0]!.arg, terms: equal }, ids), fingerprints: NO_FINGERPRINTS };
  });
  return units.length === 0 ? common : [valuesAtOnce(spec, units, ids), ...common];
}

const NO_FINGERPRINTS: DistinctValues['fingerprints'] = new Map();

interface DistinctTerm {
  readonly term: number;
  readonly arg: Expr;
  readonly filter: Expr | null;
}

/** Each of its values is one unit: their number is judged as such, and one of them tells no more than one unit of a count. */
function isUnit({ raw: { units, alias } }: CellsSpec, arg: Expr): boolean {
  return arg.kind === 'column' && units.some(({ id }) => rootOf(alias, id) === rootOf(alias, arg.id));
}

function perturbedValues(spec: CellsSpec, terms: readonly DistinctTerm[], ids: IdSource): DistinctValues {
  const [only, ...others] = terms;
  const isAlone = others.length === 0 && only!.filter === null;
  if (!isAlone) return valuesAtOnce(spec, terms, ids);
  const keys = spec.keys.map((key) => keyOf(ids, key.expr, key.name));
  return valueByValue(spec, only!.term, only!.arg, keys, ids);
}

function valuesAtOnce(
  { raw, keys, terms, mode }: CellsSpec,
  counted: readonly DistinctTerm[],
  ids: IdSource,
): DistinctValues {
  const own = keys.map((key) => keyOf(ids, key.expr, key.name));
  const collected = new Collected(ids);
  const calls = counted.map(({ term }) => [term, terms.terms[term]!.call] as const);
  const values = new Map(calls.map(([term, made]) => [term, collected.add(made)]));
  const fingerprints = new Map<number, readonly ColumnRef[]>();
  if (mode === 'perturbed') {
    for (const [term, made] of calls) {
      const hashed = made.args.map((arg) => call('value_hash', [arg], INTEGER));
      fingerprints.set(term, [collected.add({ ...made, fn: 'sum', args: hashed, type: HUGEINT })]);
    }
  }
  return { rel: group(raw.rel, own, collected.measures), keys: refsOf(own), values, fingerprints };
}

/** WHY grouped first: the values and the sum of their hashes would each be told apart in a table of their own. NULL is hashed in either way. */
function valueByValue(
  { raw }: CellsSpec,
  position: number,
  arg: Expr,
  keys: readonly NamedExpr[],
  ids: IdSource,
): DistinctValues {
  const value = keyOf(ids, arg, 'value');
  const collected = new Collected(ids);
  const one = ref(value.id, arg.type);
  const count = collected.add(aggregateCall('count', { args: [one], type: INTEGER }));
  const hashed = call('value_hash', [one], INTEGER);
  const hashes = collected.add(aggregateCall('sum', { args: [hashed], type: HUGEINT }));
  const outer = regrouped(keys, ids);
  const rel = group(group(raw.rel, [...keys, value], []), outer, collected.measures);
  return {
    rel,
    keys: refsOf(outer),
    values: new Map([[position, count]]),
    fingerprints: new Map([[position, [hashes]]]),
  };
}

function joinedOnKeys([first, ...others]: readonly ClassCells[], distinct: readonly Keyed[]): Rel {
  let rel = first!.rel;
  const apart = others.filter((side) => side.rel !== first!.rel);
  for (const side of [...apart, ...distinct]) {
    const on = side.keys.map((key, position) => notDistinct(first!.keys[position]!, key));
    const join = on.length === 0 ? 'cross' : 'inner';
    rel = { kind: 'join', join, left: rel, right: side.rel, on: on.length === 0 ? null : and(on) };
  }
  return rel;
}

/** The groups of a boundary with what tells about whole groups. */
export interface Marked extends Keyed {
  readonly listed: ColumnRef | null;
  readonly groups: ColumnRef | null;
}

/** Every group of the public list appears, whatever the data hold; groups beyond the list are kept apart by `mark`. */
function listed(input: Rel, first: ClassCells, domain: PublicDomain, ids: IdSource): Marked {
  const mark = keyOf(ids, literal(true, BOOLEAN), 'listed');
  const listedKeys = domain.keys.map((key) => keyOf(ids, key, 'key'));
  const right: Rel = { kind: 'project', input: domain.rel, columns: [...listedKeys, mark] };
  const on = listedKeys.map(({ id, expr }, position) => equals(ref(id, expr.type), first.keys[position]!));
  const rel: Rel = { kind: 'join', join: 'full', left: input, right, on: and(on) };
  const keys = listedKeys.map(({ id, expr }, position) =>
    keyOf(ids, call('coalesce', [ref(id, expr.type), first.keys[position]!], expr.type), 'key'),
  );
  const kept = [...columnsOf(input), { id: mark.id, name: mark.name, type: BOOLEAN }];
  const through = kept.map((column) => named(column.id, column.name, refTo(column)));
  return {
    rel: { kind: 'project', input: rel, columns: [...keys, ...through] },
    keys: refsOf(keys),
    listed: ref(mark.id, BOOLEAN),
    groups: null,
  };
}

function released({ keys, measures }: CellsSpec, ids: IdSource) {
  return [
    ...keys.map(({ name, expr }) => outputOf(ids, { name, type: expr.type })),
    ...measures.map(({ rule, type }, index) => outputOf(ids, { name: `v${index}`, type: valueType(rule, type) })),
  ];
}
