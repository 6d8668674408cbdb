import type { ColumnId, Expr } from '../plan.ts';

const COMMUTATIVE: ReadonlySet<string> = new Set(['and', 'or', 'eq', 'neq', 'add', 'multiply', 'greatest', 'least']);

/** Text that is equal for equal expressions once columns have names; commutative sides are sorted. */
export function expressionText(expr: Expr, nameOf: (id: ColumnId) => string): string {
  const inner = (part: Expr) => expressionText(part, nameOf);
  switch (expr.kind) {
    case 'column':
      return nameOf(expr.id);
    case 'literal':
      return JSON.stringify([expr.type.kind, expr.value]);
    case 'cast':
      return `cast(${inner(expr.arg)},${JSON.stringify(expr.type)})`;
    case 'case':
      return `case(${expr.whens.map(({ when, then }) => `${inner(when)}:${inner(then)}`).join(',')};${inner(expr.otherwise)})`;
    case 'call': {
      const args = expr.args.map(inner);
      return `${expr.fn}(${(COMMUTATIVE.has(expr.fn) ? args.sort() : args).join(',')})`;
    }
  }
}
