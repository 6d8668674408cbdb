import type { ColumnId, Expr, Join, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import type { Boundary } from '../rewrite.ts';
import { mapExpr } from '../same-expression.ts';
import { BOOLEAN } from '../sql-type.ts';
import { isNumeric } from '../type-rules.ts';
import { call, choose, isNull, literal } from './build.ts';

/**
 * What stands in for NULL above a release, where thresholds protect. WHY: there NULL is a number that is not shown, or of a group that is not, and
 * `coalesce(n, 0)` would call either nobody. So a number stays hidden whatever was to stand in for it, and `greatest(n, 0)`, which passes over NULL, is
 * hidden with it.
 */
export function withoutStandIns(finish: Rel, boundaries: readonly Boundary[]): Rel {
  return overShown(finish, { hidden: new Set(), absent: new Set() }, boundaries);
}

/** Columns of the relations that were walked. */
interface Known {
  /** Of these NULL says that nothing is shown. */
  readonly hidden: Set<ColumnId>;
  /** Of these it says, too, that an outer join met no group. */
  readonly absent: Set<ColumnId>;
}

function overShown(rel: Rel, known: Known, boundaries: readonly Boundary[]): Rel {
  const { hidden, absent } = known;
  const below = (input: Rel): Rel => overShown(input, known, boundaries);
  const over = (expr: Expr): Expr => asShown(expr, known);
  const add = (id: ColumnId, made: boolean): void => {
    if (made) hidden.add(id);
  };
  switch (rel.kind) {
    case 'scan': {
      const from = rel.source.kind === 'released' ? boundaries[rel.source.boundary] : undefined;
      if (from?.kind === 'cells') for (const { id } of rel.columns.slice(from.layout.keys.length)) hidden.add(id);
      return rel;
    }
    case 'values':
      return rel;
    case 'join': {
      const [left, right] = [below(rel.left), below(rel.right)];
      const optional = [...(isKept(rel, 'left') ? [] : [left]), ...(isKept(rel, 'right') ? [] : [right])];
      for (const { id } of optional.flatMap(columnsOf)) absent.add(id);
      return { ...rel, left, right, on: rel.on === null ? null : over(rel.on) };
    }
    case 'set-operation': {
      const [left, right] = [below(rel.left), below(rel.right)];
      const sides = [rel.left, rel.right].map(columnsOf);
      for (const [at, { id }] of rel.columns.entries())
        add(
          id,
          sides.some((side) => hidden.has(side[at]!.id)),
        );
      return { ...rel, left, right };
    }
    case 'filter': {
      const input = below(rel.input);
      return { ...rel, input, predicate: over(rel.predicate) };
    }
    case 'project': {
      const input = below(rel.input);
      const columns = rel.columns.map((column) => ({ ...column, expr: over(column.expr) }));
      for (const { id, expr } of columns) {
        add(id, isOfHidden(expr, hidden));
        if (expr.kind === 'column' && absent.has(expr.id)) absent.add(id);
      }
      return { ...rel, input, columns };
    }
    case 'aggregate': {
      const input = below(rel.input);
      const keys = rel.keys.map((key) => ({ ...key, expr: over(key.expr) }));
      const measures = rel.measures.map((measure) => {
        const { args, filter } = measure.call;
        return { ...measure, call: { ...measure.call, args: args.map(over), filter: filter && over(filter) } };
      });
      for (const { id, expr } of keys) add(id, isOfHidden(expr, hidden));
      for (const { id, call: made } of measures) add(id, !COUNTS.has(made.fn) && made.args.some(ofHidden(hidden)));
      return { ...rel, input, keys, measures };
    }
    case 'window': {
      const input = below(rel.input);
      const columns = rel.columns.map((column) => ({
        ...column,
        call: { ...column.call, args: column.call.args.map(over), partitionBy: column.call.partitionBy.map(over) },
      }));
      for (const { id, call: made } of columns) add(id, !COUNTS.has(made.fn) && made.args.some(ofHidden(hidden)));
      return { ...rel, input, columns };
    }
    case 'sort':
    case 'limit':
      return { ...rel, input: below(rel.input) };
  }
}

const COUNTS: ReadonlySet<string> = new Set(['count', 'count_star', 'count_if', 'approx_count_distinct']);
const STAND_INS: ReadonlySet<string> = new Set(['coalesce', 'least', 'greatest']);

const isKept = ({ join }: Join, side: 'left' | 'right'): boolean =>
  join !== 'full' && (join === side || !OUTER.has(join));
const OUTER: ReadonlySet<string> = new Set(['left', 'right']);

function asShown(expr: Expr, known: Known): Expr {
  const of = ofHidden(known.hidden);
  return mapExpr(expr, (part) => {
    if (part.kind === 'case') return withoutBranchOfNull(part, known);
    if (part.kind !== 'call' || !STAND_INS.has(part.fn)) return null;
    const args = part.args.map((arg) => asShown(arg, known));
    const [first, ...more] = args.filter(of);
    if (first === undefined) return { ...part, args };
    if (part.fn !== 'coalesce') {
      const isHidden = more.length === 0 ? isNull(first) : call('or', [first, ...more].map(isNull), BOOLEAN);
      return choose(isHidden, literal(null, part.type), { ...part, args });
    }
    const before = args.slice(0, args.indexOf(first) + 1);
    return before.length === 1 ? first : { ...part, args: before };
  });
}

/** `CASE WHEN n IS NULL THEN 0 ELSE n END`, and the same by a column of the group that an outer join did not find: as subqueries count. */
function withoutBranchOfNull(expr: Extract<Expr, { kind: 'case' }>, known: Known): Expr | null {
  const [{ when } = { when: expr.otherwise }, ...more] = expr.whens;
  const tested = when.kind === 'call' && when.fn === 'is_null' ? when.args[0] : undefined;
  const isAbsence =
    tested !== undefined &&
    (isOfHidden(tested, known.hidden) || (tested.kind === 'column' && known.absent.has(tested.id)));
  if (!isAbsence || more.length > 0 || !isOfHidden(expr.otherwise, known.hidden)) return null;
  return asShown(expr.otherwise, known);
}

const ofHidden =
  (hidden: ReadonlySet<ColumnId>) =>
  (expr: Expr): boolean =>
    isOfHidden(expr, hidden);

/** Whether a number is made of numbers that may not be shown. */
function isOfHidden(expr: Expr, hidden: ReadonlySet<ColumnId>): boolean {
  if (!isNumeric(expr.type)) return false;
  switch (expr.kind) {
    case 'column':
      return hidden.has(expr.id);
    case 'literal':
      return false;
    case 'cast':
      return isOfHidden(expr.arg, hidden);
    case 'call':
      return expr.args.some(ofHidden(hidden));
    case 'case':
      return [...expr.whens.map(({ then }) => then), expr.otherwise].some(ofHidden(hidden));
  }
}
