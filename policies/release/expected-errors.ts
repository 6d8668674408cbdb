import { columnsOf } from '../sql/plan.ts';
import type { PrivateBoundary, PrivateLayout, PrivateValue } from '../sql/rewrite/private-layout.ts';
import type { SealedBoundary, SealedLayout } from '../sql/rewrite/sealed-layout.ts';
import type { PrivatePlan } from '../sql/rewrite.ts';
import { sourceOf } from './output-source.ts';

/** What is known of an answer of mode `dp` before it is asked for: public metadata and the query only. */
export interface ExpectedErrors {
  /** Output columns that repeat a released sum or count: the standard deviation of the noise of one cell. */
  readonly columns: readonly { readonly name: string; readonly standardError: number }[];
  readonly boundaries: readonly {
    readonly bounding: PrivateLayout['bounding'];
    /** Whether all groups of a public list are in the answer, or those that chance selects. */
    readonly groups: 'public' | 'selected';
  }[];
}

/** WHY not of means: their error depends on how many rows a group has, which only the answer tells, by its interval. */
export function expectedErrors({ boundaries, finish }: PrivatePlan): ExpectedErrors {
  const columns = columnsOf(finish).flatMap(({ id, name }) => {
    const source = sourceOf(finish, id);
    const boundary = source === null ? undefined : boundaries[source.boundary];
    if (source === null || (boundary?.kind !== 'private' && boundary?.kind !== 'sealed')) return [];
    const standardError = errorOf(boundary.layout, boundary.layout.values[source.column - boundary.layout.keys.length]);
    return standardError === null ? [] : [{ name, standardError }];
  });
  const layouts = boundaries
    .filter((one): one is PrivateBoundary | SealedBoundary => one.kind === 'private' || one.kind === 'sealed')
    .map(({ layout }) => layout);
  return {
    columns,
    boundaries: layouts.map(({ bounding, selection }) => ({
      bounding,
      groups: selection === null ? 'public' : 'selected',
    })),
  };
}

function errorOf({ terms }: PrivateLayout | SealedLayout, value: PrivateValue | undefined): number | null {
  if (value?.kind !== 'number' || value.rule !== 'sum') return null;
  const [only, ...others] = value.forms.flat();
  if (only === undefined || others.length > 0) return null;
  const { variance } = terms[only.term]!;
  return (
    Math.sqrt(Number(variance.top) / Number(variance.bottom)) * (Number(only.factor.top) / Number(only.factor.bottom))
  );
}

/** Variances lie on a grid: the next one is at most so much larger. */
const GRID_STEP = 17 / 16;

/**
 * The ρ with which no sum or count of the query has a larger standard error than `targetError`, in its own measure; null where the query
 * releases none. `plan` is the query as it was compiled with `rho`. The variance of the noise is proportional to 1/ρ.
 */
export function rhoForTargetError(
  { boundaries }: Pick<PrivatePlan, 'boundaries'>,
  rho: number,
  targetError: number,
): number | null {
  const errors = boundaries.flatMap((boundary) =>
    boundary.kind === 'private' || boundary.kind === 'sealed'
      ? boundary.layout.values.map((value) => errorOf(boundary.layout, value) ?? 0)
      : [],
  );
  const largest = Math.max(0, ...errors);
  return largest === 0 ? null : rho * GRID_STEP * (largest / targetError) ** 2;
}
