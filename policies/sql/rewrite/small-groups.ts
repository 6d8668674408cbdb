import type { ColumnRef, Expr, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { BOOLEAN, INTEGER } from '../sql-type.ts';
import {
  aggregateCall,
  and,
  call,
  choose,
  group,
  type IdSource,
  isNotTrue,
  literal,
  namedAggregate,
  ref,
  refTo,
} from './build.ts';
import type { SmallLayout } from './cell-layout.ts';
import type { CellsSpec, Marked } from './cells.ts';
import type { ClassCells } from './class-cells.ts';
import { keyOf, Placed, refsOf } from './collected.ts';
import { countStar } from './exact-cells.ts';

/**
 * Gathers the groups with fewer rows than units are needed into one row that only counts them. WHY here: what no answer
 * may show need not leave the worker, and how much the protector receives does not grow with the number of small groups.
 */
export function gathered(spec: CellsSpec, input: Rel, sides: readonly ClassCells[], ids: IdSource): Marked {
  const { keys: keyColumns } = sides[0]!;
  if (spec.keys.length === 0) return { rel: input, keys: [], listed: null, groups: null };
  const enough = hasEnoughRows(spec, sides);
  const shown = (column: ColumnRef): Expr => choose(enough, column, literal(null, column.type));
  const keys = keyColumns.map((key) => keyOf(ids, shown(key), 'key'));
  const isKey = new Set(keyColumns.map(({ id }) => id));
  const masks = new Set(sides.map(({ mask }) => mask.id));
  const groups = namedAggregate(ids.next(), 'groups', countStar([]));
  const rest = columnsOf(input)
    .filter(({ id }) => !isKey.has(id))
    .map((column) => {
      const [fn, arg] = masks.has(column.id) ? ['mask_union', refTo(column)] : ['any_value', shown(refTo(column))];
      // The columns keep their ids: references into the input stay valid.
      return namedAggregate(column.id, column.name, aggregateCall(fn, { args: [arg], type: column.type }));
    });
  const rel = group(input, [keyOf(ids, enough, 'enough'), ...keys], [...rest, groups]);
  return { rel, keys: refsOf(keys), listed: null, groups: ref(groups.id, INTEGER) };
}

/**
 * Those groups one by one, for the answers whose other groupings they could be subtracted from: what secondary suppression
 * must know of the cells that nobody sees.
 */
export function smallGroups(
  spec: CellsSpec,
  input: Rel,
  sides: readonly ClassCells[],
  values: readonly ColumnRef[],
  ids: IdSource,
): { readonly rel: Rel; readonly layout: SmallLayout } {
  const placed = new Placed();
  const layout = {
    keys: sides[0]!.keys.map((key) => placed.at(key)),
    terms: values.map((value) => placed.at(value)),
    rows: placed.at(sides[0]!.rows),
    masks: sides.map(({ mask }) => placed.at(mask)),
  };
  const few: Rel = { kind: 'filter', input, predicate: isNotTrue(hasEnoughRows(spec, sides)) };
  return { rel: placed.over(few, ids), layout };
}

function hasEnoughRows({ rowsMin }: CellsSpec, sides: readonly ClassCells[]): Expr {
  return and(sides.map(({ rows }) => call('gte', [rows, literal(String(rowsMin), rows.type)], BOOLEAN)));
}
