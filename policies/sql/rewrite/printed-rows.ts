import { PRINT, presentName, printTable, type StoredPrints, sumName } from '../../stored-prints.ts';
import { ROW_KEY_COLUMN } from '../../table-schema.ts';
import type {
  AggregateCall,
  ColumnId,
  Expr,
  Filter,
  NamedAggregate,
  NamedExpr,
  Project,
  Rel,
  Scan,
  ScanColumn,
  TableSource,
} from '../plan.ts';
import { columnsIn } from '../plan-walk.ts';
import { mapExpr } from '../same-expression.ts';
import { HUGEINT, INTEGER, type SqlType, TEXT } from '../sql-type.ts';
import {
  aggregateCall,
  and,
  call,
  cast,
  choose,
  equals,
  type IdSource,
  isNotNull,
  literal,
  named,
  namedAggregate,
  ref,
  refTo,
  releasedColumn,
} from './build.ts';
import { keyOf } from './collected.ts';
import type { UnitColumn } from './raw.ts';

/** What is grouped by keys and the classes of one unit column. */
export interface ClassGrouping {
  readonly rel: Rel;
  readonly keys: readonly NamedExpr[];
  readonly unit: UnitColumn;
  readonly measures: readonly NamedAggregate[];
}
/** The same over prints: `read` gives the measures, by their own ids, of the groups of `measures`. */
export interface PrintedGrouping {
  readonly rel: Rel;
  readonly keys: readonly NamedExpr[];
  readonly unitClass: NamedExpr;
  readonly measures: readonly NamedAggregate[];
  readonly read: (grouped: Rel, keys: readonly NamedExpr[]) => Rel;
}

/**
 * A grouping of one table's rows by classes of units, made of the prints that the version stores in the place of its rows (stored-prints.ts).
 *
 * INVARIANT: the same groups and the same numbers. So only where keys and conditions read one printed column at most, whose values are whole
 * in each print, and measures are what adds up from prints: rows, their keys, whole numbers and decimals that have a value.
 *
 * @returns null where it is not so, or the version has no such prints
 */
export function printedGrouping({ rel, keys, unit, measures }: ClassGrouping, ids: IdSource): PrintedGrouping | null {
  const stored = storedRows(rel);
  const unitName = stored?.nameOf(ref(unit.id, unit.type)) ?? null;
  if (stored === null || unitName === null || !stored.prints.units.includes(unitName)) return null;
  const { source, prints, conditions, expand } = stored;
  const parts = measures.map((measure) => partOf(measure.call, stored));
  if (parts.some((part) => part === null)) return null;
  const plainKeys = keys.map(({ name, expr }) => keyOf(ids, expand(expr), name));
  const over = parts.flatMap((part) => part!.reads);
  const read = new Set([...conditions, ...plainKeys.map(({ expr }) => expr), ...over].flatMap(columnsIn));
  const [column, ...others] = stored.scan.columns.filter(({ id }) => read.has(id));
  if (others.length > 0 || (column !== undefined && !prints.columns.includes(column.column))) return null;

  const print = printScan(source, column ?? null, ids);
  const ofUnit = equals(print.at(PRINT.unit, TEXT), literal(unitName, TEXT));
  const made = parts.map((part) => part!.made(print.at));
  const sums = measures.map(({ name }, at) => namedAggregate(ids.next(), name, made[at]!));
  const unitClass = keyOf(ids, print.at(PRINT.class, INTEGER), 'class');
  return {
    rel: { kind: 'filter', input: print.scan(), predicate: and([ofUnit, ...conditions]) },
    keys: plainKeys,
    unitClass,
    measures: sums,
    read: (grouped, by) => ({
      kind: 'project',
      input: grouped,
      columns: [
        ...by.map(({ id, name, expr }) => named(id, name, ref(id, expr.type))),
        ...measures.map(({ id, name, call: { type } }, at) => {
          const sum = ref(sums[at]!.id, sums[at]!.call.type);
          return named(id, name, parts[at]!.isCount ? countOf(sum, type) : sum);
        }),
      ],
    }),
  };
}

const countOf = (sum: Expr, type: SqlType): Expr => cast(call('coalesce', [sum, literal('0', HUGEINT)], HUGEINT), type);

interface StoredRows {
  readonly scan: Scan;
  readonly source: TableSource;
  readonly prints: StoredPrints;
  /** What all rows meet, over stored columns. */
  readonly conditions: readonly Expr[];
  /** An expression over stored columns. */
  readonly expand: (expr: Expr) => Expr;
  /** The stored column that an expression is; null of any other. */
  readonly nameOf: (expr: Expr) => string | null;
}

/** One table as it is stored, its rows narrowed and its columns computed with at most. */
function storedRows(rel: Rel): StoredRows | null {
  const chain: (Filter | Project)[] = [];
  let below = rel;
  for (; below.kind === 'filter' || below.kind === 'project'; below = below.input) chain.push(below);
  if (below.kind !== 'scan' || below.source.kind !== 'table' || below.source.prints === undefined) return null;
  const { source, columns } = below;
  let made = new Map<ColumnId, Expr>(columns.map((column) => [column.id, refTo(column)]));
  const over = (known: typeof made) => (expr: Expr) =>
    mapExpr(expr, (part) => (part.kind === 'column' ? known.get(part.id)! : null));
  const conditions: Expr[] = [];
  for (const step of chain.reverse()) {
    if (step.kind === 'filter') conditions.push(over(made)(step.predicate));
    else made = new Map(step.columns.map(({ id, expr }) => [id, over(made)(expr)]));
  }
  const expand = over(made);
  const nameOf = (expr: Expr): string | null => {
    const whole = expand(expr);
    return whole.kind === 'column' ? columns.find(({ id }) => id === whole.id)!.column : null;
  };
  return { scan: below, source, prints: source.prints!, conditions, expand, nameOf };
}

/** A measure as a sum over prints. */
interface Part {
  readonly made: (at: PrintColumn) => AggregateCall;
  /** Expressions over stored columns that it needs as they are. */
  readonly reads: readonly Expr[];
  readonly isCount: boolean;
}
type PrintColumn = (column: string, type: SqlType) => Expr;

function partOf({ fn, args, distinct, filter, type }: AggregateCall, stored: StoredRows): Part | null {
  if (distinct) return null;
  const { prints, expand, nameOf } = stored;
  const where = filter === null ? [] : [expand(filter)];
  const [arg] = args;
  const name = arg === undefined ? null : nameOf(arg);
  const isSummed = name !== null && prints.sums.includes(name);
  const sum = (summand: (at: PrintColumn) => Expr, of: SqlType, reads: readonly Expr[] = []): Part => ({
    made: (at) => aggregateCall('sum', { args: [summand(at)], type: of, filter: where }),
    reads: [...reads, ...where],
    isCount: fn !== 'sum',
  });
  if (fn === 'count_star') return sum((at) => at(PRINT.rows, INTEGER), HUGEINT);
  if (arg === undefined) return null;
  if (fn === 'count' && isSummed) return sum((at) => at(presentName(name), INTEGER), HUGEINT);
  if (fn === 'count') {
    const whole = expand(arg);
    return sum((at) => choose(isNotNull(whole), at(PRINT.rows, INTEGER), literal('0', INTEGER)), HUGEINT, [whole]);
  }
  if (fn !== 'sum') return null;
  if (name === ROW_KEY_COLUMN) return sum((at) => at(PRINT.keys, INTEGER), type);
  return isSummed ? sum((at) => at(sumName(name), arg.type), type) : null;
}

/** The table of prints of a column, or of all rows. `at` asks for one of its columns; `scan` reads those that were asked for. */
function printScan(source: TableSource, column: ScanColumn | null, ids: IdSource) {
  const asked = new Map<string, ScanColumn>();
  const at: PrintColumn = (name, type) => {
    const known = asked.get(name) ?? releasedColumn({ id: ids.next(), name, type }, name);
    asked.set(name, known);
    return ref(known.id, type);
  };
  const scan = (): Rel => ({
    kind: 'scan',
    source: { ...source, print: printTable(column?.column ?? null) },
    columns: [...(column === null ? [] : [column]), ...asked.values()],
  });
  return { at, scan };
}
