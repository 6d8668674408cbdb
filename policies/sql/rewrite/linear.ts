import type { Expr } from '../plan.ts';
import type { LinearTerm } from '../rewrite.ts';
import type { Part } from './measures.ts';
import { overRoots, type Raw } from './raw.ts';

/** Exact decimal factors by term: `units · 10^-scale`. */
type Linear = ReadonlyMap<string, Factor>;
interface Factor {
  readonly units: bigint;
  readonly scale: number;
}

const ONE: Factor = { units: 1n, scale: 0 };
const MINUS_ONE: Factor = { units: -1n, scale: 0 };
/** JSON text never holds it, so that it separates factors whatever the user's literals say. */
const TIMES = '\u0001';
/** Products of sums and chains of CASE multiply out; beyond this they stay one opaque term. */
const TERMS_MAX = 64;
const WHENS_MAX = 5;
const RATIO_DIGITS = /^-?\d+(\.\d+)?$/;

/**
 * A sum as a linear combination of per-row terms, so that the protector sees when hidden values follow from shown
 * ones: `sum(a + b)` and `sum(b)` give `sum(a)` away. null for what is no sum.
 */
export function termsOf(part: Part, alias: Raw['alias']): readonly LinearTerm[] | null {
  const { fn, args, distinct, filter } = part.call;
  if (distinct) return null;
  const body = bodyOf(fn, args, alias);
  if (body === null) return null;
  const whole = filter === null ? body : times(body, indicator(filter, alias));
  return [...whole]
    .filter(([, { units }]) => units !== 0n)
    .map(([term, { units, scale }]) => ({ term, factor: decimalText(units, scale) }))
    .sort((a, b) => (a.term < b.term ? -1 : 1));
}

function bodyOf(fn: string, args: readonly Expr[], alias: Raw['alias']): Linear | null {
  if (fn === 'count_star') return constant(ONE);
  if (fn === 'count') return new Map([[`[${textOf(args[0]!, alias)} present]`, ONE]]);
  return fn === 'sum' ? linear(args[0]!, alias) : null;
}

function linear(expr: Expr, alias: Raw['alias']): Linear {
  switch (expr.kind) {
    case 'literal':
      return typeof expr.value === 'string' && RATIO_DIGITS.test(expr.value)
        ? constant(factorOf(expr.value))
        : opaque(expr, alias);
    case 'cast':
      if (expr.arg.type.kind === 'boolean') return indicator(expr.arg, alias);
      return expr.type.kind === 'double' || expr.type.kind === 'hugeint'
        ? linear(expr.arg, alias)
        : opaque(expr, alias);
    case 'case':
      return expr.whens.length > WHENS_MAX ? opaque(expr, alias) : linearCase(expr, alias);
    case 'call':
      return linearCall(expr.fn, expr.args, alias) ?? opaque(expr, alias);
    case 'column':
      return opaque(expr, alias);
  }
}

function linearCall(fn: string, args: readonly Expr[], alias: Raw['alias']): Linear | null {
  const [a, b] = args;
  if (fn === 'add') return plus(linear(a!, alias), linear(b!, alias));
  if (fn === 'subtract') return plus(linear(a!, alias), scaled(linear(b!, alias), MINUS_ONE));
  if (fn === 'negate') return scaled(linear(a!, alias), MINUS_ONE);
  if (fn === 'multiply') return times(linear(a!, alias), linear(b!, alias));
  // A default for what is missing changes no sum when it is 0.
  if (fn === 'coalesce' && args.length === 2 && b!.kind === 'literal' && Number(b!.value) === 0)
    return linear(a!, alias);
  return null;
}

function linearCase(expr: Extract<Expr, { kind: 'case' }>, alias: Raw['alias']): Linear {
  let rest: Linear =
    expr.otherwise.kind === 'literal' && expr.otherwise.value === null ? new Map() : linear(expr.otherwise, alias);
  for (const { when, then } of [...expr.whens].reverse()) {
    const holds = indicator(when, alias);
    const value = then.kind === 'literal' && then.value === null ? new Map() : linear(then, alias);
    rest = plus(times(holds, value), plus(rest, scaled(times(holds, rest), MINUS_ONE)));
  }
  return rest;
}

/** 1 where a condition holds, as a term of its own; `NOT c` is `1 − c`. */
function indicator(condition: Expr, alias: Raw['alias']): Linear {
  if (condition.kind === 'call' && condition.fn === 'not') {
    return plus(constant(ONE), scaled(indicator(condition.args[0]!, alias), MINUS_ONE));
  }
  if (condition.kind === 'call' && condition.fn === 'and') {
    return condition.args.map((part) => indicator(part, alias)).reduce(times);
  }
  return new Map([[`[${textOf(condition, alias)}]`, ONE]]);
}

const constant = (factor: Factor): Linear => new Map([['1', factor]]);
const opaque = (expr: Expr, alias: Raw['alias']): Linear => new Map([[textOf(expr, alias), ONE]]);

function plus(a: Linear, b: Linear): Linear {
  const sum = new Map(a);
  for (const [term, factor] of b) sum.set(term, addFactors(sum.get(term) ?? { units: 0n, scale: 0 }, factor));
  return sum;
}

function scaled(a: Linear, by: Factor): Linear {
  return new Map([...a].map(([term, factor]) => [term, multiplyFactors(factor, by)]));
}

function times(a: Linear, b: Linear): Linear {
  if (a.size * b.size > TERMS_MAX) return new Map([[productTerm(wholeText(a), wholeText(b)), ONE]]);
  let product: Linear = new Map();
  for (const [x, fx] of a) {
    for (const [y, fy] of b) product = plus(product, new Map([[productTerm(x, y), multiplyFactors(fx, fy)]]));
  }
  return product;
}

function wholeText(sum: Linear): string {
  return JSON.stringify([...sum].map(([term, { units, scale }]) => [term, decimalText(units, scale)]));
}

/** Products of terms in one order; an indicator times itself is itself. */
function productTerm(x: string, y: string): string {
  const all = [...x.split(TIMES), ...y.split(TIMES)].filter((term) => term !== '1').sort();
  const kept = all.filter((term, index) => !(term.startsWith('[') && term === all[index - 1]));
  return kept.length === 0 ? '1' : kept.join(TIMES);
}

/** Equal text for equal expressions: over root columns, without places in the user's text. */
function textOf(expr: Expr, alias: Raw['alias']): string {
  return JSON.stringify(overRoots(expr, alias), (key, value: unknown) => (key === 'at' ? undefined : value));
}

function factorOf(text: string): Factor {
  const [whole = '', fraction = ''] = text.split('.');
  return { units: BigInt(whole + fraction), scale: fraction.length };
}

function addFactors(a: Factor, b: Factor): Factor {
  const scale = Math.max(a.scale, b.scale);
  return { units: a.units * 10n ** BigInt(scale - a.scale) + b.units * 10n ** BigInt(scale - b.scale), scale };
}

function multiplyFactors(a: Factor, b: Factor): Factor {
  return { units: a.units * b.units, scale: a.scale + b.scale };
}

function decimalText(units: bigint, scale: number): string {
  if (scale === 0) return String(units);
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
