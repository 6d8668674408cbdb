import { type Exact, minus, plus, times, ZERO } from '../mechanisms/suppression/exact.ts';
import type { ColumnId, Expr, Offset } from './plan.ts';
import { fractionOf } from './rewrite/fraction.ts';

/** constant + Σ weight · column, exactly: all that can be added up without reading the columns. */
export interface LinearForm {
  readonly constant: Exact;
  readonly weights: ReadonlyMap<ColumnId, Exact>;
}
/** The part of an expression that is no such form, in the user's words. */
export interface NotLinear {
  readonly construct: string;
  readonly at: Offset;
}

export const isLinear = (form: LinearForm | NotLinear): form is LinearForm => 'weights' in form;

/** Whether the expression is a linear form of columns that `isColumn`, with literal weights; else what stands in the way. */
export function linearForm(expr: Expr, isColumn: (id: ColumnId) => boolean): LinearForm | NotLinear {
  switch (expr.kind) {
    case 'column':
      return isColumn(expr.id)
        ? { constant: ZERO, weights: new Map([[expr.id, ONE]]) }
        : { construct: 'a plain column beside an encrypted one inside an aggregate', at: expr.at };
    case 'literal':
      return constantForm(expr);
    case 'cast':
      return keepsValue(expr)
        ? linearForm(expr.arg, isColumn)
        : { construct: 'rounding an encrypted column', at: expr.at };
    case 'case':
      return { construct: 'CASE around an encrypted column', at: expr.at };
    case 'call':
      return callForm(expr, isColumn);
  }
}

const ONE: Exact = { top: 1n, bottom: 1n };

function constantForm({ value, at }: Extract<Expr, { kind: 'literal' }>): LinearForm | NotLinear {
  const fraction = typeof value === 'string' ? fractionOf(value) : null;
  if (fraction === null) return { construct: 'a literal that is no number beside an encrypted column', at };
  return { constant: { top: BigInt(fraction.top), bottom: BigInt(fraction.bottom) }, weights: new Map() };
}

/** A cast that changes the type and no value: widening, or to a double, which sums do not go through. */
function keepsValue({ arg, type }: Extract<Expr, { kind: 'cast' }>): boolean {
  const digits = (one: Expr['type']) => (one.kind === 'decimal' ? one.scale : 0);
  if (type.kind === 'double') return true;
  const isExact = type.kind === 'integer' || type.kind === 'hugeint' || type.kind === 'decimal';
  return isExact && arg.type.kind !== 'double' && digits(type) >= digits(arg.type);
}

function callForm(
  { fn, args, at }: Extract<Expr, { kind: 'call' }>,
  isColumn: (id: ColumnId) => boolean,
): LinearForm | NotLinear {
  const forms = args.map((arg) => linearForm(arg, isColumn));
  const obstacle = forms.find((form) => !isLinear(form));
  const known: Readonly<Record<string, boolean>> = { add: true, subtract: true, negate: true, multiply: true };
  if (known[fn] !== true) return { construct: 'a function of an encrypted column', at };
  if (obstacle !== undefined) return obstacle;
  const [a, b] = forms as [LinearForm, LinearForm | undefined];
  if (fn === 'negate') return scaled(a, MINUS_ONE);
  if (b === undefined) return a;
  if (fn === 'add') return added(a, b);
  if (fn === 'subtract') return added(a, scaled(b, MINUS_ONE));
  if (a.weights.size > 0 && b.weights.size > 0) return { construct: 'a product of encrypted columns', at };
  return a.weights.size > 0 ? scaled(a, b.constant) : scaled(b, a.constant);
}

const MINUS_ONE: Exact = minus(ZERO, ONE);

function scaled({ constant, weights }: LinearForm, by: Exact): LinearForm {
  return {
    constant: times(constant, by),
    weights: new Map([...weights].map(([id, weight]) => [id, times(weight, by)])),
  };
}

function added(a: LinearForm, b: LinearForm): LinearForm {
  const weights = new Map(a.weights);
  for (const [id, weight] of b.weights) weights.set(id, plus(weights.get(id) ?? ZERO, weight));
  return { constant: plus(a.constant, b.constant), weights };
}
