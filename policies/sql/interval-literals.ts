import { isLiteral, literal } from './literals.ts';
import type { Expr } from './plan.ts';
import { INTERVAL } from './sql-type.ts';
import { isNode, offsetOf, type ResolveContext, refusal, type SyntaxNode } from './syntax-node.ts';

/** Intervals as literals: months, days and microseconds, each exact. */

export const INTERVAL_UNITS: Readonly<
  Record<string, { readonly months?: number; readonly days?: number; readonly micros?: bigint }>
> = {
  year: { months: 12 },
  quarter: { months: 3 },
  month: { months: 1 },
  week: { days: 7 },
  day: { days: 1 },
  hour: { micros: 3_600_000_000n },
  minute: { micros: 60_000_000n },
  second: { micros: 1_000_000n },
};

/** `'1 year 2 days'`: whole counts of units. */
export function intervalLiteral(ctx: ResolveContext, node: SyntaxNode, arg: Expr): Expr {
  const refused = (): Error =>
    refusal(ctx, node, 'SQL_LITERAL_REFUSED', { what: 'INTERVAL', accepted: "INTERVAL '1 month', INTERVAL 3 DAY" });
  if (!isLiteral(arg) || typeof arg.value !== 'string' || arg.type.kind !== 'text') throw refused();
  const parts = arg.value.trim().split(/\s+/);
  if (parts.length === 0 || parts.length % 2 !== 0 || parts.length > 16) throw refused();
  let [months, days, micros] = [0, 0, 0n];
  for (let index = 0; index < parts.length; index += 2) {
    const count = parts[index] ?? '';
    const unit = INTERVAL_UNITS[(parts[index + 1] ?? '').toLowerCase().replace(/s$/, '')];
    if (unit === undefined || !/^[+-]?\d{1,6}$/.test(count)) throw refused();
    months += Number(count) * (unit.months ?? 0);
    days += Number(count) * (unit.days ?? 0);
    micros += BigInt(Number(count)) * (unit.micros ?? 0n);
  }
  return literal(INTERVAL, { months, days, micros: `${micros}` }, offsetOf(ctx, node));
}

/** `INTERVAL 3 DAY` arrives as `to_days(CAST(trunc(CAST(3 AS DOUBLE)) AS INTEGER))`: the count behind the wrapping. */
export function intervalCount(node: SyntaxNode): SyntaxNode {
  const inner = (at: SyntaxNode | undefined, field: string): SyntaxNode | undefined => {
    const value = at?.[field];
    const child = Array.isArray(value) ? (value[0] as unknown) : value;
    return isNode(child) ? child : undefined;
  };
  if (node['class'] !== 'CAST') return node;
  const trunc = inner(node, 'child');
  if (trunc?.['function_name'] === 'trunc') return inner(inner(trunc, 'children'), 'child') ?? node;
  return trunc?.['class'] === 'CONSTANT' ? trunc : node;
}
