import type { TargetError } from '../accounting/privacy-request.ts';
import { type ColumnId, columnsOf } from '../sql/plan.ts';
import type { Fraction } from '../sql/rewrite/fraction.ts';
import { partsOf } from '../sql/rewrite/privacy-shares.ts';
import type { NoisyTerm, PrivateBoundary, PrivateLayout, PrivateValue } from '../sql/rewrite/private-layout.ts';
import type { SealedBoundary, SealedLayout } from '../sql/rewrite/sealed-layout.ts';
import type { PrivatePlan } from '../sql/rewrite.ts';
import type { Certainty } from '../sql/uncertainty/uncertainty.ts';
import { sourceOf } from './output-source.ts';
import { rowsMissedMax } from './private-choices.ts';
import { privateCell } from './private-values.ts';

/** What is known of an answer of mode `dp` before it is asked for: public metadata and the query only. */
export interface ExpectedErrors {
  /** Per output column, in order: what the answer will say of it. */
  readonly outputs: readonly ExpectedOutput[];
  /** Output columns that repeat a released sum or count: the standard deviation of the noise of one cell. */
  readonly columns: readonly { readonly name: string; readonly standardError: number }[];
  /** Output columns that are the most frequent value of a list: how far from most frequent it may be. */
  readonly choices: readonly { readonly name: string; readonly candidates: number; readonly rowsMissedMax: number }[];
  readonly boundaries: readonly {
    readonly bounding: PrivateLayout['bounding'];
    /** To what so many rows of a unit can make of them, values made per unit are clamped; null where all have bounds of their own. */
    readonly rowsTaken: number | null;
    /** Whether all groups of a public list are in the answer, or those that chance selects. */
    readonly groups: 'public' | 'selected';
  }[];
}

export interface ExpectedOutput {
  readonly name: string;
  readonly certainty: Certainty;
  /** Half of its 95% intervals, where all of them are as wide: of released sums and counts. null: the answer tells, row by row, or there are none. */
  readonly halfWidth: number | null;
}

/** WHY not of means: their error depends on how many rows a group has, which only the answer tells, by its interval. */
export function expectedErrors({ boundaries, finish, uncertainty }: PrivatePlan): ExpectedErrors {
  const released = columnsOf(finish).map(({ id, name }) => ({ name, released: releasedValue(boundaries, finish, id) }));
  const widths = halfWidths(uncertainty, released);
  const columns = released.flatMap(({ name, released: one }) => {
    const standardError = one === null ? null : errorOf(one.layout, one.value);
    return standardError === null ? [] : [{ name, standardError }];
  });
  const choices = released.flatMap(({ name, released: one }) => {
    const choice = one?.value.kind === 'choice' ? one.layout.choices[one.value.choice] : undefined;
    if (choice === undefined) return [];
    return [{ name, candidates: choice.list.length, rowsMissedMax: rowsMissedMax(choice) }];
  });
  const firsts = columnsOf(finish).flatMap(({ id, name }) => firstKey(boundaries, finish, id, name));
  const layouts = boundaries
    .filter((one): one is PrivateBoundary | SealedBoundary => one.kind === 'private' || one.kind === 'sealed')
    .map(({ layout }) => layout);
  return {
    outputs: released.map(({ name }, at) => ({
      name,
      certainty: uncertainty.certainty[at]!,
      halfWidth: widths[at]!,
    })),
    columns,
    choices: [...choices, ...firsts],
    boundaries: layouts.map(({ bounding, selection, rowsTaken }) => ({
      bounding,
      rowsTaken,
      groups: selection === null ? 'public' : 'selected',
    })),
  };
}

/** Which value of which boundary an output column repeats. */
function releasedValue(boundaries: PrivatePlan['boundaries'], finish: PrivatePlan['finish'], id: ColumnId) {
  const source = sourceOf(finish, id);
  const boundary = source === null ? undefined : boundaries[source.boundary];
  if (source === null || (boundary?.kind !== 'private' && boundary?.kind !== 'sealed')) return null;
  const { layout } = boundary;
  const value = layout.values[source.column - layout.keys.length];
  return value === undefined ? null : { layout, value };
}

/** A key of groups that are chosen: each may miss so much of the most frequent of those that were left. */
function firstKey(boundaries: PrivatePlan['boundaries'], finish: PrivatePlan['finish'], id: ColumnId, name: string) {
  const source = sourceOf(finish, id);
  const boundary = source === null ? undefined : boundaries[source.boundary];
  if (source === null || boundary?.kind !== 'private' || boundary.layout.first === undefined) return [];
  const { choices, keys, groupsListed } = boundary.layout;
  if (source.column >= keys.length) return [];
  return [{ name, candidates: groupsListed!, rowsMissedMax: rowsMissedMax(choices[0]!, groupsListed!) }];
}

/** Made as the answer makes them (private-values.ts), around nothing: of a sum, where it lies has no part in how wide its interval is. */
function halfWidths(
  { certainty, stated }: PrivatePlan['uncertainty'],
  released: readonly { readonly released: ReturnType<typeof releasedValue> }[],
): readonly (number | null)[] {
  const draws = stated.values();
  return certainty.map((one, at) => {
    if (one !== 'stated') return null;
    const on = draws.next().value?.draws ?? null;
    const found = released[at]!.released;
    if (found?.value.kind !== 'number' || found.value.rule !== 'sum' || (on !== null && on.perRow.length > 0))
      return null;
    const { value, layout } = found;
    const { interval } = privateCell(
      value,
      layout.terms,
      layout.terms.map(() => 0n),
      on?.fixed ?? 1,
    );
    return interval === null ? null : (interval[1] - interval[0]) / 2;
  });
}

function errorOf({ terms }: PrivateLayout | SealedLayout, value: PrivateValue | undefined): number | null {
  if (value?.kind !== 'number' || value.rule !== 'sum') return null;
  const [only, ...others] = value.forms.flat();
  if (only === undefined || others.length > 0) return null;
  const { variance } = terms[only.term]!;
  return Math.sqrt(asNumber(variance)) * asNumber(only.factor);
}

/** Variances lie on a grid: the next one is at most so much larger. Beyond, what rounding of shares may take. */
const GRID_STEP = (17 / 16) * (1 + 1e-6);

/**
 * The ρ of each statistic, in the order of the plan, with which no sum or count has a larger standard error than asked for, in its own measure: all of
 * them, or the output columns that are named. What no error is asked for gets as much as the dearest of them. null where the query releases no such number, or names
 * none. `plan` is the query as it was compiled with any ρ: the noise is not looked at, sensitivities are.
 */
export function partsForTargetError(
  { boundaries, finish }: Pick<PrivatePlan, 'boundaries' | 'finish'>,
  target: TargetError,
): readonly number[] | null {
  const layouts = boundaries.flatMap((one) => (one.kind === 'private' || one.kind === 'sealed' ? [one.layout] : []));
  const asked = typeof target === 'number' ? ofAll(layouts, target) : ofColumns(boundaries, finish, target);
  if (asked === null) return null;
  const needs = new Map<NoisyTerm, number>();
  for (const { layout, value, error } of asked) {
    const [only, ...others] = value.kind === 'number' && value.rule === 'sum' ? value.forms.flat() : [];
    if (only === undefined || others.length > 0) continue;
    const term = layout.terms[only.term]!;
    needs.set(term, Math.max(needs.get(term) ?? 0, rhoOfError(term, error / asNumber(only.factor))));
  }
  if (needs.size === 0) return null;
  const most = Math.max(RHO_OF_A_PART, ...needs.values());
  return layouts.flatMap((layout) => [
    ...layout.terms.map((term) => needs.get(term) ?? most),
    ...Array.from({ length: partsOf(layout) - layout.terms.length }, () => most),
  ]);
}

/** What the ledger counts at least. */
const RHO_OF_A_PART = 2e-9;

type Layout = PrivateLayout | SealedLayout;
interface AskedError {
  readonly layout: Layout;
  readonly value: PrivateValue;
  readonly error: number;
}

const ofAll = (layouts: readonly Layout[], error: number): readonly AskedError[] =>
  layouts.flatMap((layout) => layout.values.map((value) => ({ layout, value, error })));

/** null where a name is no released sum or count. */
function ofColumns(
  boundaries: PrivatePlan['boundaries'],
  finish: PrivatePlan['finish'],
  targets: Readonly<Record<string, number>>,
): readonly AskedError[] | null {
  const outputs = columnsOf(finish);
  const found = Object.entries(targets).map(([name, error]) => {
    const output = outputs.find((one) => one.name === name);
    const released = output === undefined ? null : releasedValue(boundaries, finish, output.id);
    return released === null || errorOf(released.layout, released.value) === null ? null : { ...released, error };
  });
  return found.every((one) => one !== null) ? found : null;
}

function rhoOfError({ sensitivity }: NoisyTerm, error: number): number {
  const squared = Math.max(...sensitivity.map((one) => Number(one.squared)));
  return Math.max(RHO_OF_A_PART, (GRID_STEP * squared) / (2 * error ** 2));
}

const asNumber = ({ top, bottom }: Fraction): number => Number(top) / Number(bottom);
