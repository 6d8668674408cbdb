import type { Value } from './interpret-plan.ts';

/**
 * What protection should show, written down a second time from release.md and nothing else: rows in memory, one loop
 * per rule. It knows no plan, no boundary and no SQL.
 */
export interface ModelRow {
  /** Who the row is about, per kind of unit; null: nobody of that kind. */
  readonly owners: readonly (string | number | null)[];
  readonly keys: readonly Value[];
  readonly cells: Readonly<Record<string, number | null>>;
}
export type ModelMeasure =
  | { readonly kind: 'rows' }
  | { readonly kind: 'count' | 'sum' | 'avg' | 'distinct'; readonly column: string }
  | { readonly kind: 'rows-above'; readonly column: string; readonly limit: number }
  | { readonly kind: 'sum-if-above'; readonly column: string; readonly limit: number };

export interface ModelRules {
  readonly unitsMin: number;
  /** Per kind of unit: rows that name none may carry data of somebody unknown. */
  readonly unowned: readonly boolean[];
  readonly enterprise: readonly boolean[];
  /** A bound of how many units there are comes from how many classes they fall into. */
  readonly classOf: (owner: unknown) => unknown;
  /** Groups that appear whatever the data hold. */
  readonly listed: readonly (readonly Value[])[] | null;
}
/** Groups by the JSON text of their keys; null is a hidden value. */
export type ModelAnswer = ReadonlyMap<string, readonly (number | null)[]>;

export function modelAnswer(
  rows: readonly ModelRow[],
  measures: readonly ModelMeasure[],
  rules: ModelRules,
): ModelAnswer {
  const groups = new Map<string, ModelRow[]>();
  for (const keys of rules.listed ?? []) groups.set(JSON.stringify(keys), []);
  for (const row of rows) {
    const text = JSON.stringify(row.keys);
    groups.set(text, [...(groups.get(text) ?? []), row]);
  }
  const shown = new Map<string, readonly (number | null)[]>();
  const listed = new Set((rules.listed ?? []).map((keys) => JSON.stringify(keys)));
  for (const [text, members] of groups) {
    const enough = rules.unowned.every((_, kind) => unitsOf(members, kind).size >= rules.unitsMin);
    if (!enough && !listed.has(text)) continue;
    shown.set(
      text,
      measures.map((measure) => (enough ? measured(members, measure, rules) : null)),
    );
  }
  return shown;
}

function unitsOf(rows: readonly ModelRow[], kind: number): ReadonlySet<unknown> {
  return new Set(rows.map(({ owners }) => owners[kind]).filter((owner) => owner !== null));
}

function measured(rows: readonly ModelRow[], measure: ModelMeasure, rules: ModelRules): number | null {
  switch (measure.kind) {
    case 'rows':
      return shownWhen(rows, () => 1, rules, rows.length);
    case 'count': {
      const present = (row: ModelRow) => (row.cells[measure.column] === null ? 0 : 1);
      return shownWhen(rows, present, rules, total(rows, present));
    }
    case 'sum':
      return shownWhen(rows, cell(measure.column), rules, total(rows, cell(measure.column)));
    case 'avg': {
      const sum = measured(rows, { kind: 'sum', column: measure.column }, rules);
      const count = measured(rows, { kind: 'count', column: measure.column }, rules);
      return sum === null || count === null ? null : sum / count;
    }
    case 'distinct':
      return distinctOf(rows, measure.column, rules);
    case 'rows-above': {
      const above = (row: ModelRow) =>
        (row.cells[measure.column] ?? Number.NEGATIVE_INFINITY) > measure.limit ? 1 : 0;
      return twoSided(rows, above, rules) ? shownWhen(rows, above, rules, total(rows, above)) : null;
    }
    case 'sum-if-above': {
      const above = (row: ModelRow) =>
        (row.cells[measure.column] ?? Number.NEGATIVE_INFINITY) > measure.limit ? 1 : 0;
      const part = (row: ModelRow) => (above(row) === 1 ? row.cells[measure.column]! : 0);
      return twoSided(rows, above, rules) ? shownWhen(rows, part, rules, total(rows, part)) : null;
    }
  }
}

const cell = (column: string) => (row: ModelRow) => row.cells[column] ?? 0;
const total = (rows: readonly ModelRow[], of: (row: ModelRow) => number) => rows.reduce((sum, row) => sum + of(row), 0);

/** A condition must hold for as many units as a cell needs, and fail for as many. */
function twoSided(rows: readonly ModelRow[], holds: (row: ModelRow) => number, rules: ModelRules): boolean {
  return rules.unowned.every((_, kind) => {
    const yes = unitsOf(
      rows.filter((row) => holds(row) === 1),
      kind,
    ).size;
    const no = unitsOf(
      rows.filter((row) => holds(row) === 0),
      kind,
    ).size;
    return yes >= rules.unitsMin && no >= rules.unitsMin;
  });
}

/** Values that enough units have; all others too where enough have one of these, or where there are no such values. */
function distinctOf(rows: readonly ModelRow[], column: string, rules: ModelRules): number | null {
  const having = (some: readonly ModelRow[]) => some.filter((row) => row.cells[column] !== null);
  const values = (some: readonly ModelRow[]) => new Set(having(some).map((row) => row.cells[column])).size;
  const safe = rules.unowned.every((_, kind) => judged(amounts(rows, kind, values), kind, rules));
  if (!safe) return null;
  const classes = (some: readonly ModelRow[], kind: number) =>
    new Set([...unitsOf(some, kind)].map((owner) => rules.classOf(owner))).size;
  const isEnough = (some: readonly ModelRow[]) =>
    rules.unowned.every((_, kind) => classes(some, kind) >= rules.unitsMin);
  const [common, rare] = [true, false].map((wanted) =>
    [...Map.groupBy(having(rows), (row) => row.cells[column])].filter(([, some]) => isEnough(some) === wanted),
  );
  const together = rare!.flatMap(([, some]) => some);
  return common!.length + (common!.length === 0 || isEnough(together) ? rare!.length : 0);
}

function shownWhen(
  rows: readonly ModelRow[],
  of: (row: ModelRow) => number,
  rules: ModelRules,
  value: number,
): number | null {
  const safe = rules.unowned.every((_, kind) =>
    judged(
      amounts(rows, kind, (some) => total(some, of)),
      kind,
      rules,
    ),
  );
  return safe ? value : null;
}

interface Amounts {
  readonly owned: readonly number[];
  readonly nobody: number;
}
function amounts(
  rows: readonly ModelRow[],
  kind: number,
  of: (rows: readonly ModelRow[]) => number,
  nobody = of,
): Amounts {
  const owned = [...unitsOf(rows, kind)].map((unit) =>
    Math.abs(of(rows.filter(({ owners }) => owners[kind] === unit))),
  );
  return { owned, nobody: nobody(rows.filter(({ owners }) => owners[kind] === null)) };
}

function judged({ owned, nobody }: Amounts, kind: number, rules: ModelRules): boolean {
  if (owned.filter((amount) => amount > 0).length < rules.unitsMin) return false;
  const sum = owned.reduce((a, b) => a + b, 0);
  const ranked = [...owned, ...(rules.unowned[kind] ? [nobody] : [])].sort((a, b) => b - a);
  const [first = 0, second = 0] = ranked;
  if ((first + second) * 10 >= sum * 9) return false;
  if ((sum - first - second) * 10 < first) return false;
  return !(rules.enterprise[kind] && first * 2 > sum);
}
