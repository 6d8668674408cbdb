import { assert } from '../../errors.ts';
import { finiteOnly } from '../functions/finite.ts';
import { scalarNamed } from '../functions/registry.ts';
import type { Call, Cast, ColumnId, Expr } from '../plan.ts';
import { partsOf } from '../plan-walk.ts';
import { engineType } from '../type-rules.ts';
import { magnitude } from './double-range.ts';
import { quoteLiteral } from './quote.ts';

/** SQL of each column that is visible where an expression stands. */
export type ColumnSql = ReadonlyMap<ColumnId, string>;

/** SQL of an expression, total: over any data it gives a finite value or NULL. */
export function emitExpr(expr: Expr, columns: ColumnSql): string {
  return emit(expr, columns, false);
}

/** `tested`: the strict call around tests its result for finite values, so that this one need not. */
function emit(expr: Expr, columns: ColumnSql, tested: boolean): string {
  switch (expr.kind) {
    case 'column': {
      const sql = columns.get(expr.id);
      assert(sql !== undefined, `column ${expr.id} is visible`);
      return sql;
    }
    case 'literal':
      return quoteLiteral(expr);
    case 'cast':
      return emitCast(expr, columns);
    case 'case': {
      const branches = expr.whens.map(
        ({ when, then }) => `WHEN ${emitExpr(when, columns)} THEN ${emitExpr(then, columns)}`,
      );
      return `(CASE ${branches.join(' ')} ELSE ${emitExpr(expr.otherwise, columns)} END)`;
    }
    case 'call':
      return emitCall(expr, columns, tested);
  }
}

function emitCall(call: Call, columns: ColumnSql, tested: boolean): string {
  const entry = scalarNamed(call.fn);
  const isDouble = call.type.kind === 'double';
  const tests = entry.nonFinite === true && isDouble;
  // INVARIANT: only strict calls share the test. NaN in an argument and NaN of the result are then the same NULL.
  const inner = entry.strict === true && isDouble && (tests || tested);
  const sql = entry.sql(
    call.args.map((arg) => emit(arg, columns, inner && arg.type.kind === 'double')),
    call,
  );
  const caught = entry.raises === true ? `TRY(${sql})` : sql;
  const finite = tests && !tested && magnitude(call) >= 308 ? finiteOnly(caught) : caught;
  return call.args.some(mayFoldToNull) ? `CAST(${finite} AS ${engineType(call.type)})` : finite;
}

/** WHY: DuckDB forgets the type of a call that it can work out to be NULL before it runs. */
function mayFoldToNull(expr: Expr): boolean {
  return expr.kind === 'literal' ? expr.value === null : !readsColumns(expr);
}

const readsColumns = (expr: Expr): boolean => expr.kind === 'column' || partsOf(expr).some(readsColumns);

/** TRY_CAST: what does not convert is NULL. Text can spell what no stored value is: NaN, infinity. */
function emitCast(cast: Cast, columns: ColumnSql): string {
  const { arg, type } = cast;
  const sql = emitExpr(arg, columns);
  const from = arg.type.kind;
  if (from === 'integer' && (type.kind === 'double' || type.kind === 'hugeint'))
    return `CAST(${sql} AS ${engineType(type)})`;
  const converted = `TRY_CAST(${sql} AS ${engineType(type)})`;
  if (from === 'text' && type.kind === 'double') return finiteOnly(converted);
  if (from === 'text' && (type.kind === 'date' || type.kind === 'timestamp')) {
    const name = engineType(type);
    return `NULLIF(NULLIF(${converted}, CAST('infinity' AS ${name})), CAST('-infinity' AS ${name}))`;
  }
  return converted;
}
