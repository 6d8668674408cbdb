import type { Expr } from '../plan.ts';

/** No bound is known: the value may be any finite double, and one step more may be infinite. */
const UNKNOWN = 309;

/**
 * An upper bound of log10 |value| for numbers, from types alone. At 308 and above a double may overflow to infinity or
 * hold NaN; below, the finite test is left out of the SQL. Divisors and domains count as unknown unless proven.
 */
export function magnitude(expr: Expr): number {
  switch (expr.type.kind) {
    case 'integer':
      return 19;
    case 'hugeint':
      return 39;
    case 'decimal':
      return expr.type.precision - expr.type.scale;
    case 'double':
      return doubleMagnitude(expr);
    default:
      return UNKNOWN;
  }
}

function doubleMagnitude(expr: Expr): number {
  if (expr.kind === 'literal') return expr.value === null ? 0 : Math.log10(Math.abs(Number(expr.value)) + 1) + 0.01;
  if (expr.kind === 'cast') return magnitude(expr.arg);
  if (expr.kind !== 'call') return UNKNOWN;
  const [a, b] = expr.args;
  if (a === undefined) return 1;
  switch (expr.fn) {
    case 'add':
    case 'subtract':
      return b === undefined ? UNKNOWN : Math.max(magnitude(a), magnitude(b)) + 0.5;
    case 'multiply':
      return b === undefined ? UNKNOWN : magnitude(a) + magnitude(b) + 0.1;
    case 'divide':
      return b === undefined ? UNKNOWN : magnitude(a) + smallestDivisor(b);
    default:
      return UNKNOWN;
  }
}

/** −log10 of the smallest value that a divisor can have without being zero. */
function smallestDivisor(expr: Expr): number {
  if (expr.kind === 'cast' && expr.type.kind === 'double') return smallestDivisor(expr.arg);
  if (expr.type.kind === 'integer' || expr.type.kind === 'hugeint') return 0.1;
  if (expr.type.kind === 'decimal') return expr.type.scale + 0.1;
  if (expr.kind !== 'literal' || expr.value === null) return UNKNOWN;
  const value = Math.abs(Number(expr.value));
  return value === 0 ? 0 : Math.max(0, -Math.log10(value)) + 0.1;
}
