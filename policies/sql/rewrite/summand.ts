import type { SourcePlace } from '../../errors.ts';
import type { AggregateCall, Expr } from '../plan.ts';
import { columnsIn, partsOf } from '../plan-walk.ts';
import { overRoots, type Raw } from './raw.ts';
import { constructRefused } from './refusals.ts';

/**
 * What may stand inside a sum over protected rows. WHY: `sum(1000 + salary * greatest(0, 1 - abs(age - 99)))` has every
 * unit as a contributor, none of them dominant, and yet shows one person's salary. Functions that bend, cut or match can
 * single one unit out; a constant beside a value hides from dominance who the value belongs to. So a summand is made of
 * stored columns, literals, `+`, `−`, a product of two columns, a quotient by a literal, spans and parts of dates, and CASE,
 * whose conditions are judged by themselves.
 */

const SUMMAND =
  'columns, +, -, a product of two columns, a quotient by a literal, CASE; other functions as a group key or around the sum';
const APART = 'the constant outside: sum(x) + 10 * count(*)';

/** Values that vary with a stored value and single none out. */
const GENTLE: ReadonlySet<string> = new Set([
  'date_diff',
  'date_part',
  'year',
  'quarter',
  'month',
  'week',
  'day',
  'hour',
]);
const SUMMED: ReadonlySet<string> = new Set(['sum', 'avg']);
const COUNTED: ReadonlySet<string> = new Set(['count', 'count_star', 'count_if', 'approx_count_distinct']);
/** More columns in one product could carve out a single point. */
const FACTORS_MAX = 2;

/** @throws AppError POLICY_CONSTRUCT_REFUSED */
export function checkSummands(
  call: AggregateCall,
  raw: Pick<Raw, 'alias' | 'definitions'>,
  place: SourcePlace | null,
): void {
  if (COUNTED.has(call.fn)) return;
  for (const arg of call.args) {
    const expr = overRoots(arg, raw);
    if (!isSummand(expr)) throw constructRefused(`function inside ${call.fn}() over protected rows`, SUMMAND, place);
    // A constant alone is a count; two constants under CASE are classes, which conditions judge.
    const offset = columnsOutsideConditions(expr) > 0 && addsConstant(expr);
    if (offset)
      throw constructRefused(
        `constant added inside ${call.fn}() over protected rows`,
        SUMMED.has(call.fn) ? APART : SUMMAND,
        place,
      );
  }
}

function isSummand(expr: Expr): boolean {
  switch (expr.kind) {
    case 'column':
    case 'literal':
      return true;
    case 'cast':
      return expr.arg.type.kind === 'boolean' || isSummand(expr.arg);
    case 'case':
      return [...expr.whens.map(({ then }) => then), expr.otherwise].every(isSummand);
    case 'call':
      return isSummandCall(expr.fn, expr.args);
  }
}

function isSummandCall(fn: string, args: readonly Expr[]): boolean {
  const [a, b] = args;
  if (fn === 'add' || fn === 'subtract' || fn === 'negate') return args.every(isSummand);
  if (fn === 'multiply')
    return args.every(isSummand) && args.reduce((sum, arg) => sum + factorsOf(arg), 0) <= FACTORS_MAX;
  if (fn === 'divide') return isSummand(a!) && b!.kind === 'literal';
  if (fn === 'coalesce')
    return isSummand(a!) && args.slice(1).every((arg) => arg.kind === 'literal' && Number(arg.value) === 0);
  if (GENTLE.has(fn)) return args.every((arg) => arg.kind === 'literal' || isStored(arg));
  return false;
}

function isStored(expr: Expr): boolean {
  return expr.kind === 'column' || (expr.kind === 'cast' && isStored(expr.arg));
}

/** Most columns multiplied with each other in one term; conditions of CASE are judged apart. */
function factorsOf(expr: Expr): number {
  if (expr.kind === 'literal') return 0;
  if (expr.kind === 'case') return Math.max(...[...expr.whens.map(({ then }) => then), expr.otherwise].map(factorsOf));
  if (expr.kind === 'call' && expr.fn === 'multiply') return expr.args.reduce((sum, arg) => sum + factorsOf(arg), 0);
  if (expr.kind === 'call' && (expr.fn === 'add' || expr.fn === 'subtract'))
    return Math.max(...expr.args.map(factorsOf));
  return 1;
}

function columnsOutsideConditions(expr: Expr): number {
  if (expr.kind === 'case') {
    return [...expr.whens.map(({ then }) => then), expr.otherwise].reduce(
      (sum, part) => sum + columnsOutsideConditions(part),
      0,
    );
  }
  if (expr.kind === 'cast' && expr.arg.type.kind === 'boolean') return 0;
  return expr.kind === 'column' ? 1 : partsOf(expr).reduce((sum, part) => sum + columnsOutsideConditions(part), 0);
}

/** A term without a column: `x + 5`, `CASE WHEN c THEN x ELSE 5 END`, but not `5 * x` nor `ELSE 0`. */
function addsConstant(expr: Expr): boolean {
  switch (expr.kind) {
    case 'column':
      return false;
    case 'literal':
      return expr.value !== null && Number(expr.value) !== 0;
    case 'cast':
      return expr.arg.type.kind === 'boolean' || addsConstant(expr.arg);
    case 'case':
      return [...expr.whens.map(({ then }) => then), expr.otherwise].some(addsConstant);
    case 'call':
      return addsConstantCall(expr.fn, expr.args);
  }
}

function addsConstantCall(fn: string, args: readonly Expr[]): boolean {
  if (fn === 'multiply') return args.every(addsConstant);
  if (fn === 'divide') return addsConstant(args[0]!);
  if (fn === 'add' || fn === 'subtract' || fn === 'negate' || fn === 'coalesce') return args.some(addsConstant);
  return columnsIn({ kind: 'call', fn, args, type: { kind: 'null' }, at: null }).length === 0;
}
