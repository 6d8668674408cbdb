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

type Origins = Pick<Raw, 'alias' | 'definitions'>;

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
export function termsOf(part: Part, raw: Origins): readonly LinearTerm[] | null {
  const { fn, args, distinct, filter } = part.call;
  if (distinct) return null;
  const body = bodyOf(fn, args, raw);
  if (body === null) return null;
  const whole = filter === null ? body : times(body, indicator(filter, raw));
  return [...whole]
    .filter(([, { units }]) => units !== 0n)
    .map(([term, { units, scale }]) => ({ term, factor: decimalText(units, scale) }))
    .sort((a, b) => (a.term < b.term ? -1 : 1));
}

function bodyOf(fn: string, args: readonly Expr[], raw: Origins): Linear | null {
  if (fn === 'count_star') return constant(ONE);
  if (fn === 'count') return new Map([[`[${textOf(args[0]!, raw)} present]`, ONE]]);
  return fn === 'sum' ? linear(args[0]!, raw) : null;
}

/** Looks through computed columns first. */
function linear(written: Expr, raw: Origins): Linear {
  const expr = overRoots(written, raw);
  switch (expr.kind) {
    case 'literal':
      return typeof expr.value === 'string' && RATIO_DIGITS.test(expr.value)
        ? constant(factorOf(expr.value))
        : opaque(expr, raw);
    case 'cast':
      if (expr.arg.type.kind === 'boolean') return indicator(expr.arg, raw);
      return expr.type.kind === 'double' || expr.type.kind === 'hugeint' ? linear(expr.arg, raw) : opaque(expr, raw);
    case 'case':
      return expr.whens.length > WHENS_MAX ? opaque(expr, raw) : linearCase(expr, raw);
    case 'call':
      return linearCall(expr.fn, expr.args, raw) ?? opaque(expr, raw);
    case 'column':
      return opaque(expr, raw);
  }
}

function linearCall(fn: string, args: readonly Expr[], raw: Origins): Linear | null {
  const [a, b] = args;
  if (fn === 'add') return plus(linear(a!, raw), linear(b!, raw));
  if (fn === 'subtract') return plus(linear(a!, raw), scaled(linear(b!, raw), MINUS_ONE));
  if (fn === 'negate') return scaled(linear(a!, raw), MINUS_ONE);
  if (fn === 'multiply') return times(linear(a!, raw), linear(b!, raw));
  // A default for what is missing changes no sum when it is 0.
  if (fn === 'coalesce' && args.length === 2 && b!.kind === 'literal' && Number(b!.value) === 0) return linear(a!, raw);
  return null;
}

function linearCase(expr: Extract<Expr, { kind: 'case' }>, raw: Origins): Linear {
  let rest: Linear =
    expr.otherwise.kind === 'literal' && expr.otherwise.value === null ? new Map() : linear(expr.otherwise, raw);
  for (const { when, then } of [...expr.whens].reverse()) {
    const holds = indicator(when, raw);
    const value = then.kind === 'literal' && then.value === null ? new Map() : linear(then, raw);
    rest = plus(times(holds, value), plus(rest, scaled(times(holds, rest), MINUS_ONE)));
  }
  return rest;
}

/** 1 where a condition holds, as a term of its own; `NOT c` is `1 − c`. */
function indicator(written: Expr, raw: Origins): Linear {
  const condition = overRoots(written, raw);
  if (condition.kind === 'call' && condition.fn === 'not') {
    return plus(constant(ONE), scaled(indicator(condition.args[0]!, raw), MINUS_ONE));
  }
  if (condition.kind === 'call' && condition.fn === 'and') {
    return condition.args.map((part) => indicator(part, raw)).reduce(times);
  }
  return new Map([[`[${textOf(condition, raw)}]`, ONE]]);
}

const constant = (factor: Factor): Linear => new Map([['1', factor]]);
const opaque = (expr: Expr, raw: Origins): Linear => new Map([[textOf(expr, raw), ONE]]);

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
function textOf(expr: Expr, raw: Origins): string {
  return JSON.stringify(overRoots(expr, raw), (key, value: unknown) => (key === 'at' ? undefined : value));
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
