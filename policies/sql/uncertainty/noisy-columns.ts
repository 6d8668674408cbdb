import type { ColumnId, Expr, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { columnsIn, exprsOf, inputsOf, relsWithin } from '../plan-walk.ts';
import type { Boundary } from '../rewrite.ts';

/** The columns of a finish that noise has a part in, in their values or in which rows they are of. */
export function noisyColumns(finish: Rel, boundaries: readonly Boundary[]): ReadonlySet<ColumnId> {
  const noisy = new Set<ColumnId>();
  const follow = (rel: Rel): void => {
    for (const input of inputsOf(rel)) follow(input);
    for (const id of noisyOf(rel, boundaries, noisy)) noisy.add(id);
  };
  follow(finish);
  return noisy;
}

export const readsNoise = (expr: Expr, noisy: ReadonlySet<ColumnId>): boolean =>
  columnsIn(expr).some((id) => noisy.has(id));

function noisyOf(rel: Rel, boundaries: readonly Boundary[], noisy: ReadonlySet<ColumnId>): readonly ColumnId[] {
  const reads = (exprs: readonly Expr[]) => exprs.some((expr) => readsNoise(expr, noisy));
  switch (rel.kind) {
    case 'scan': {
      const keys = rel.source.kind === 'released' ? keysOf(boundaries[rel.source.boundary]) : Number.POSITIVE_INFINITY;
      return rel.columns.filter(({ column }) => Number(column.slice(1)) >= keys).map(({ id }) => id);
    }
    case 'project':
      return rel.columns.filter(({ expr }) => reads([expr])).map(({ id }) => id);
    case 'aggregate': {
      const keys = rel.keys.filter(({ expr }) => reads([expr])).map(({ id }) => id);
      const ofRows = keys.length > 0 || !allRowsStand(rel.input, noisy);
      const measures = rel.measures.filter(
        ({ call }) => ofRows || reads(call.filter === null ? call.args : [...call.args, call.filter]),
      );
      return [...keys, ...measures.map(({ id }) => id)];
    }
    case 'window': {
      const ofRows = !allRowsStand(rel.input, noisy);
      const columns = rel.columns.filter(
        ({ call }) => ofRows || reads([...call.args, ...call.partitionBy, ...call.orderBy.map(({ expr }) => expr)]),
      );
      return columns.map(({ id }) => id);
    }
    case 'set-operation': {
      const [left, right] = [columnsOf(rel.left), columnsOf(rel.right)];
      return rel.columns.flatMap(({ id }, at) => (noisy.has(left[at]!.id) || noisy.has(right[at]!.id) ? [id] : []));
    }
    default:
      return [];
  }
}

const keysOf = (boundary: Boundary | undefined): number =>
  boundary?.kind === 'private' || boundary?.kind === 'sealed' ? boundary.layout.keys.length : Number.POSITIVE_INFINITY;

/** Whether no noisy number decides which rows a relation has. */
export function allRowsStand(rel: Rel, noisy: ReadonlySet<ColumnId>): boolean {
  const sorts = rel.kind === 'limit' ? relsWithin(rel.input).filter(({ kind }) => kind === 'sort') : [];
  if (sorts.flatMap(exprsOf).some((expr) => readsNoise(expr, noisy))) return false;
  const decides = rel.kind === 'filter' || rel.kind === 'join' || rel.kind === 'aggregate' ? rowDeciders(rel) : [];
  return !decides.some((expr) => readsNoise(expr, noisy)) && inputsOf(rel).every((input) => allRowsStand(input, noisy));
}

function rowDeciders(rel: Extract<Rel, { kind: 'filter' | 'join' | 'aggregate' }>): readonly Expr[] {
  return rel.kind === 'aggregate' ? rel.keys.map(({ expr }) => expr) : exprsOf(rel);
}
