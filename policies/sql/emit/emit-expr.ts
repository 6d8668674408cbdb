import { assert } from '../../errors.ts';
import { finiteOnly } from '../functions/finite.ts';
import { scalarNamed } from '../functions/registry.ts';
import type { Call, Cast, ColumnId, Expr } from '../plan.ts';
import { engineType } from '../type-rules.ts';
import { magnitude } from './double-range.ts';
import { quoteLiteral } from './quote.ts';

/** SQL of each column that is visible where an expression stands. */
export type ColumnSql = ReadonlyMap<ColumnId, string>;

/** What is around: a TRY that catches, and a test for finite values, that a strict chain of calls can share. */
interface Around {
  readonly caught: boolean;
  readonly tested: boolean;
}
const NOTHING: Around = { caught: false, tested: false };

/** SQL of an expression, total: over any data it gives a finite value or NULL. */
export function emitExpr(expr: Expr, columns: ColumnSql): string {
  return emit(expr, columns, NOTHING);
}

function emit(expr: Expr, columns: ColumnSql, around: Around): string {
  switch (expr.kind) {
    case 'column': {
      const sql = columns.get(expr.id);
      assert(sql !== undefined, `column ${expr.id} is visible`);
      return sql;
    }
    case 'literal':
      return quoteLiteral(expr);
    case 'cast':
      return emitCast(expr, columns, around);
    case 'case': {
      const branches = expr.whens.map(({ when, then }) => `WHEN ${emitExpr(when, columns)} THEN ${emitExpr(then, columns)}`);
      return `(CASE ${branches.join(' ')} ELSE ${emitExpr(expr.otherwise, columns)} END)`;
    }
    case 'call':
      return emitCall(expr, columns, around);
  }
}

function emitCall(call: Call, columns: ColumnSql, around: Around): string {
  const entry = scalarNamed(call.fn);
  const strict = entry.strict === true;
  const raises = entry.raises === true;
  const tests = entry.nonFinite === true && call.type.kind === 'double';
  // INVARIANT: only strict calls hand their guards down. NULL from an argument and NULL from the guard are then the same.
  const inner: Around = { caught: strict && (raises || around.caught), tested: strict && (tests || (around.tested && call.type.kind === 'double')) };
  const sql = entry.sql(call.args.map((arg) => emit(arg, columns, inner)), call);
  const finite = tests && !around.tested && magnitude(call) >= 308 ? finiteOnly(sql) : sql;
  return raises && !around.caught ? `TRY(${finite})` : finite;
}

/** TRY_CAST: what does not convert is NULL. Text can spell what no stored value is: NaN, infinity. */
function emitCast(cast: Cast, columns: ColumnSql, around: Around): string {
  const { arg, type } = cast;
  const inner: Around = { caught: around.caught, tested: false };
  const sql = emit(arg, columns, inner);
  const from = arg.type.kind;
  if (from === 'integer' && (type.kind === 'double' || type.kind === 'hugeint')) return `CAST(${sql} AS ${engineType(type)})`;
  const converted = `TRY_CAST(${sql} AS ${engineType(type)})`;
  if (from === 'text' && type.kind === 'double') return finiteOnly(converted);
  if (from === 'text' && (type.kind === 'date' || type.kind === 'timestamp')) {
    const name = engineType(type);
    return `NULLIF(NULLIF(${converted}, CAST('infinity' AS ${name})), CAST('-infinity' AS ${name}))`;
  }
  return converted;
}
