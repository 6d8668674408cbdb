import { columnsOf, type Rel } from './plan.ts';

/** For a finish that only picks columns of boundary 0, however often: their indexes; null where it does more. */
export function passedColumns(finish: Rel): readonly number[] | null {
  if (finish.kind === 'scan') {
    const isFirst = finish.source.kind === 'released' && finish.source.boundary === 0;
    return isFirst ? finish.columns.map(({ column }) => Number(column.slice(1))) : null;
  }
  const below = finish.kind === 'project' ? passedColumns(finish.input) : null;
  if (finish.kind !== 'project' || below === null) return null;
  const indexOf = new Map(columnsOf(finish.input).map(({ id }, position) => [id, below[position]!]));
  const indexes = finish.columns.map(({ expr }) => (expr.kind === 'column' ? indexOf.get(expr.id) : undefined));
  return indexes.every((index) => index !== undefined) ? indexes : null;
}
