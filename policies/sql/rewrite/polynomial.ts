import type { SourcePlace } from '../../errors.ts';
import type { Expr } from '../plan.ts';
import { conjunctsOf } from '../plan-walk.ts';
import { BOOLEAN, DOUBLE } from '../sql-type.ts';
import { asDouble, call, choose, isNotNull, isNotTrue, isNull, literal } from './build.ts';
import { type Fraction, fractionOf, invertFraction, negateFraction, ONE, timesFraction } from './fraction.ts';
import { constructRefused } from './refusals.ts';

/**
 * What may stand inside a sum over protected rows: a polynomial of stored columns, cut into cases. It is taken apart
 * into terms `factor · Π atoms`, each over the rows where its conditions hold. WHY: `sum(1000 + salary · bump(age))`
 * has every unit as a contributor, none of them dominant, and yet shows one person's salary; taken apart, the second
 * term has one contributor and stays hidden, and the sum with it.
 */
export interface RowTerm {
  readonly factor: Fraction;
  /** Stored columns, or smooth functions of one. None: rows are counted. */
  readonly atoms: readonly Expr[];
  /** Stored columns that must have a value besides. Whether they do is the provider's doing, not a condition. */
  readonly present: readonly Expr[];
  /** The user's own conditions. */
  readonly where: readonly Expr[];
  /** What has a value wherever these conditions hold: a CASE in its own branches. */
  readonly implied: readonly Expr[];
}

interface Polynomial {
  readonly terms: readonly RowTerm[];
  /** Values that must not be NULL for the whole to have one. */
  readonly needed: readonly Expr[];
}

/** More columns in one product could carve out a single point. */
const DEGREE_MAX = 4;
const TERMS_MAX = 64;

const SUMMAND =
  'columns, numbers, +, -, *, / by a number or a column, powers up to 4, CASE, coalesce, abs, sign, least, greatest, sqrt, ln, exp of a column, days between dates, length of a column; other functions as a group key or around the sum';

/** Smooth in one stored column, or in one and a number above 0: no step that could single a value out. */
const SMOOTH: ReadonlySet<string> = new Set(['sqrt', 'cbrt', 'ln', 'log10', 'log2', 'exp']);
/** Spans and parts of dates, of stored columns and literals. */
const CALENDAR: ReadonlySet<string> = new Set([
  'date_diff',
  'date_part',
  'year',
  'quarter',
  'month',
  'week',
  'day',
  'dayofweek',
  'isodow',
  'dayofyear',
  'dayofmonth',
  'weekday',
  'hour',
  'minute',
  'second',
  'epoch',
  'date_subtract',
]);
const COMPARISONS: ReadonlySet<string> = new Set(['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'between']);
/** Whole numbers of a stored text: as a stored column of them would be. */
const LENGTHS: ReadonlySet<string> = new Set(['length', 'strlen']);

/**
 * The terms of `sum(expr)`; `expr` is over visible columns.
 * @throws AppError POLICY_CONSTRUCT_REFUSED
 */
export function sumTerms(expr: Expr, fn: string, place: SourcePlace | null): readonly RowTerm[] {
  return wholeTerms(polynomialOf(expr, { fn, place }));
}

/** The terms of the number of rows in which `expr` has a value. */
export function presenceTerms(expr: Expr): readonly RowTerm[] {
  if (expr.kind === 'literal') return expr.value === null ? [] : [ROWS];
  return expr.kind === 'case' ? inBranches(expr, presenceTerms) : [withNeeded(ROWS, [expr])];
}

/** The terms of the number of rows that `sum(expr)` is over, where no product overflows. */
export function summedRows(expr: Expr, fn: string, place: SourcePlace | null): readonly RowTerm[] {
  if (expr.kind === 'literal') return presenceTerms(expr);
  if (expr.kind === 'case') return inBranches(expr, (then) => summedRows(then, fn, place));
  return [withNeeded(ROWS, neededFor(expr, fn, place))];
}

/** The values without which a summand has none: of the rows that a mean is over. */
export function neededFor(expr: Expr, fn: string, place: SourcePlace | null): readonly Expr[] {
  return polynomialOf(expr, { fn, place }).needed;
}

const ROWS: RowTerm = { factor: ONE, atoms: [], present: [], where: [], implied: [] };

/**
 * What a value per unit may be made of: one product, in each case. WHY: a value per unit is judged as a whole further
 * up, where `sum(1000 + x)` would hide from dominance who `x` belongs to.
 * @throws AppError POLICY_CONSTRUCT_REFUSED
 */
export function checkUnitSummand(expr: Expr, fn: string, place: SourcePlace | null): void {
  if ((fn === 'min' || fn === 'max') && isCutDate(expr)) return;
  const always = sumTerms(expr, fn, place).filter(({ where }) => where.length === 0);
  if (always.length > 1)
    throw constructRefused(
      `several terms inside ${fn}() per unit`,
      'one each: sum(a) + sum(b), sum(x) + 10 * count(*)',
      place,
    );
}

/** A stored date, or the day, month … in which it is: the first of these is that of the first date. */
function isCutDate(expr: Expr): boolean {
  if (expr.kind === 'cast') return isDay(expr) && isDay(expr.arg) && isCutDate(expr.arg);
  if (expr.kind === 'call') return expr.fn === 'date_trunc' && isCutDate(expr.args[1]!);
  return isDay(expr) && isStored(expr);
}
const isDay = ({ type: { kind } }: Expr): boolean => kind === 'date' || kind === 'timestamp';

/** Terms of `sum(a·b)`: what second moments are made of. */
export function productTerms(a: Expr, b: Expr, fn: string, place: SourcePlace | null): readonly RowTerm[] {
  const context = { fn, place };
  return wholeTerms(product(polynomialOf(a, context), polynomialOf(b, context), context));
}

/** `terms` over only those rows where all of `exprs` have a value. */
export function whereNeeded(terms: readonly RowTerm[], exprs: readonly Expr[]): readonly RowTerm[] {
  return terms.map((term) => withNeeded(term, exprs));
}

/** Under a condition more. That a stored value is there is no condition of the user's. */
export function under(condition: Expr, terms: readonly RowTerm[]): readonly RowTerm[] {
  const all = conjunctsOf(condition);
  const present = all.flatMap((one) =>
    one.kind === 'call' && one.fn === 'is_not_null' && isStored(one.args[0]!) ? [one.args[0]!] : [],
  );
  const where = all.filter((one) => !(one.kind === 'call' && one.fn === 'is_not_null' && isStored(one.args[0]!)));
  return terms.map((term) => withNeeded({ ...term, where: [...term.where, ...where] }, present));
}

interface Context {
  readonly fn: string;
  readonly place: SourcePlace | null;
}

function wholeTerms({ terms, needed }: Polynomial): readonly RowTerm[] {
  return terms.map((term) => withNeeded(term, needed));
}

/** A term skips the rows where an atom of its own is NULL anyway; where another value must be there, that is said. */
function withNeeded(term: RowTerm, needed: readonly Expr[]): RowTerm {
  const own = new Set([...term.atoms, ...term.implied].map(textOf));
  const others = needed.filter((expr) => !own.has(textOf(expr))).flatMap(storedBehind);
  const stored = others.filter(isStored);
  const made = others.filter((expr) => !isStored(expr) && !neverNull(expr)).map(isNotNull);
  return { ...term, present: [...term.present, ...stored], where: [...term.where, ...made] };
}

/**
 * A part of a date, the length of a text and a comparison are there where what they are of is: no CASE, no logarithm,
 * which a condition of the user's makes.
 */
function storedBehind(expr: Expr): readonly Expr[] {
  const isTotal = expr.kind === 'call' && [CALENDAR, LENGTHS, COMPARISONS].some((all) => all.has(expr.fn));
  return isTotal && expr.args.every(isFixedOrStored) ? expr.args.filter(isStored) : [expr];
}

function polynomialOf(expr: Expr, context: Context): Polynomial {
  switch (expr.kind) {
    case 'column':
      return atom(expr);
    case 'literal':
      return ofLiteral(expr, context);
    case 'cast':
      return ofCast(expr, context);
    case 'case':
      return ofCase(expr, context);
    case 'call':
      return ofCall(expr, context);
  }
}

const atom = (expr: Expr): Polynomial => ({ terms: [{ ...ROWS, atoms: [expr] }], needed: [expr] });

function ofLiteral(expr: Extract<Expr, { kind: 'literal' }>, context: Context): Polynomial {
  if (expr.value === null) return { terms: [], needed: [expr] };
  const factor = typeof expr.value === 'string' ? fractionOf(expr.value) : null;
  if (factor === null) throw refused(context);
  return { terms: [{ ...ROWS, factor }], needed: [] };
}

function ofCast(expr: Extract<Expr, { kind: 'cast' }>, context: Context): Polynomial {
  const { arg, type } = expr;
  if (arg.type.kind === 'boolean') {
    const needed = neverNull(arg) ? [] : [arg];
    return { terms: [{ ...ROWS, where: [arg], implied: needed }], needed };
  }
  const widens =
    type.kind === 'double' ||
    type.kind === 'hugeint' ||
    (type.kind === 'integer' && arg.type.kind === 'integer') ||
    (type.kind === 'decimal' && (arg.type.kind !== 'decimal' || arg.type.scale <= type.scale));
  const exact = arg.type.kind === 'integer' || arg.type.kind === 'decimal' || arg.type.kind === 'hugeint';
  if (widens && (exact || arg.type.kind === 'double')) return polynomialOf(arg, context);
  throw refused(context);
}

function ofCase(expr: Case, context: Context): Polynomial {
  const terms = inBranches(expr, (then) => wholeTerms(polynomialOf(then, context)));
  const implied = terms.map((term) => ({ ...term, implied: [...term.implied, expr] }));
  return { terms: implied, needed: neverNull(expr) ? [] : [expr] };
}

type Case = Extract<Expr, { kind: 'case' }>;

/** A branch counts under its own condition and where none before it held. */
function inBranches(expr: Case, termsOf: (then: Expr) => readonly RowTerm[]): readonly RowTerm[] {
  const terms: RowTerm[] = [];
  let before: readonly Expr[] = [];
  const branch = (then: Expr, conditions: readonly Expr[]) =>
    termsOf(then).map((term) => ({ ...term, where: [...conditions, ...term.where] }));
  for (const { when, then } of expr.whens) {
    terms.push(...branch(then, [...before, when]));
    before = [...before, isNotTrue(when)];
  }
  return [...terms, ...branch(expr.otherwise, before)];
}

function ofCall(expr: Extract<Expr, { kind: 'call' }>, context: Context): Polynomial {
  const [a, b] = expr.args;
  switch (expr.fn) {
    case 'add':
      return sum(expr.args.map((arg) => polynomialOf(arg, context)));
    case 'subtract':
      return sum([polynomialOf(a!, context), scaled(polynomialOf(b!, context), negateFraction(ONE))]);
    case 'negate':
      return scaled(polynomialOf(a!, context), negateFraction(ONE));
    case 'multiply':
      return expr.args.map((arg) => polynomialOf(arg, context)).reduce((left, right) => product(left, right, context));
    case 'divide':
      return quotient(a!, b!, context);
    case 'coalesce':
      return ofCoalesce(expr.args, context);
    case 'power':
      return b?.kind === 'literal' && isStored(a!) ? atom(expr) : power(a!, b!, context);
    default: {
      const cases = asCases(expr);
      if (cases !== null) return ofCase(cases, context);
      if (SMOOTH.has(expr.fn) && (isStored(a!) || isStoredAbove(a!))) return atom(expr);
      if (LENGTHS.has(expr.fn) && isStored(a!)) return atom(expr);
      return CALENDAR.has(expr.fn) && expr.args.every(isFixedOrStored) ? atom(expr) : raise(context);
    }
  }
}

/** Multiplied out: `(x − 100)²` is three terms, of which each is judged. */
function power(base: Expr, exponent: Expr, context: Context): Polynomial {
  const times = exponent.kind === 'literal' ? Number(exponent.value) : 0;
  if (![2, 3, 4].includes(times)) throw refused(context);
  const factor = polynomialOf(base, context);
  return Array.from({ length: times }, () => factor).reduce((left, right) => product(left, right, context));
}

/** `coalesce(x, 0)` changes no sum; another default is counted where the value is missing. */
function ofCoalesce([first, ...rest]: readonly Expr[], context: Context): Polynomial {
  const value = wholeTerms(polynomialOf(first!, context));
  if (rest.length === 0) return { terms: value, needed: [first!] };
  const otherwise = ofCoalesce(rest, context);
  const missing = otherwise.terms.map((term) => ({ ...term, where: [isNull(first!), ...term.where] }));
  const isZero = ({ factor }: RowTerm) => factor.top === '0';
  const needed = otherwise.needed.length === 0 ? [] : [call('coalesce', [first!, ...rest], first!.type)];
  return { terms: [...value, ...missing.filter((term) => !isZero(term))], needed };
}

/** A function with a step is the two cases on either side of it; null for any other function. */
function asCases(expr: Extract<Expr, { kind: 'call' }>): Extract<Expr, { kind: 'case' }> | null {
  const [a, b] = expr.args;
  const cases = (when: Expr, then: Expr, otherwise: Expr) => {
    const made = choose(when, then, otherwise);
    return made.kind === 'case' ? { ...made, type: expr.type } : null;
  };
  const zero = literal('0', a?.type ?? DOUBLE);
  switch (expr.fn) {
    case 'nullif':
      return cases(call('eq', [a!, b!], BOOLEAN), literal(null, expr.type), a!);
    case 'abs':
      return cases(call('lt', [a!, zero], BOOLEAN), call('negate', [a!], expr.type), a!);
    case 'sign': {
      const below = choose(call('lt', [a!, zero], BOOLEAN), literal('-1', expr.type), literal(null, expr.type));
      return cases(call('gt', [a!, zero], BOOLEAN), literal('1', expr.type), below);
    }
    case 'least':
    case 'greatest': {
      if (b === undefined || expr.args.length > 2) return null;
      const before = call(expr.fn === 'least' ? 'lte' : 'gte', [a!, b], BOOLEAN);
      return cases(call('or', [before, isNull(b)], BOOLEAN), a!, b);
    }
    default:
      return null;
  }
}

function sum(all: readonly Polynomial[]): Polynomial {
  return { terms: all.flatMap(({ terms }) => terms), needed: all.flatMap(({ needed }) => needed) };
}

function scaled({ terms, needed }: Polynomial, factor: Fraction): Polynomial {
  return { terms: terms.map((term) => ({ ...term, factor: timesFraction(term.factor, factor) })), needed };
}

function product(a: Polynomial, b: Polynomial, context: Context): Polynomial {
  const terms = a.terms.flatMap((x) => b.terms.map((y) => times(x, y, context)));
  if (terms.length > TERMS_MAX) throw refused(context);
  return { terms, needed: [...a.needed, ...b.needed] };
}

function times(x: RowTerm, y: RowTerm, context: Context): RowTerm {
  const atoms = [...x.atoms, ...y.atoms];
  if (atoms.length > DEGREE_MAX) throw refused(context);
  return {
    factor: timesFraction(x.factor, y.factor),
    atoms,
    present: [...x.present, ...y.present],
    where: [...x.where, ...y.where],
    implied: [...x.implied, ...y.implied],
  };
}

/** WHY a bare column below the line: `1 / (salary − 259)` is a spike at one value. */
function quotient(a: Expr, b: Expr, context: Context): Polynomial {
  const above = polynomialOf(a, context);
  const divisor = unwrapped(b);
  if (divisor.kind === 'literal' && typeof divisor.value === 'string') {
    const factor = fractionOf(divisor.value);
    const inverse = factor === null ? null : invertFraction(factor);
    if (inverse !== null) return scaled(above, inverse);
  }
  if (divisor.kind !== 'column') throw refused(context);
  const reciprocal = call('divide', [literal('1', DOUBLE), asDouble(divisor)], DOUBLE);
  return product(above, atom(reciprocal), context);
}

function refused({ fn, place }: Context) {
  return constructRefused(`function inside ${fn}() over protected rows`, SUMMAND, place);
}

function raise(context: Context): never {
  throw refused(context);
}

const isStored = (expr: Expr): boolean => unwrapped(expr).kind === 'column';
/** `x + 1`. WHY a number above 0: `ln(x − 258.99)` has a spike at one value. */
function isStoredAbove(expr: Expr): boolean {
  const inner = unwrapped(expr);
  if (inner.kind !== 'call' || inner.fn !== 'add' || inner.args.length !== 2) return false;
  const shift = inner.args.map(unwrapped).find((arg) => arg.kind === 'literal');
  return inner.args.some(isStored) && shift?.kind === 'literal' && Number(shift.value) > 0;
}
const isFixedOrStored = (expr: Expr): boolean => expr.kind === 'literal' || isStored(expr);

/** Without casts that lose nothing. */
function unwrapped(expr: Expr): Expr {
  return expr.kind === 'cast' && expr.type.kind !== 'text' && expr.arg.type.kind !== 'text'
    ? unwrapped(expr.arg)
    : expr;
}

/** Whether an expression has a value in every row, whatever the data. Columns may always be missing. */
function neverNull(expr: Expr): boolean {
  switch (expr.kind) {
    case 'column':
      return false;
    case 'literal':
      return expr.value !== null;
    case 'cast':
      return expr.type.kind === 'double' && expr.arg.type.kind === 'integer' && neverNull(expr.arg);
    case 'case':
      return [...expr.whens.map(({ then }) => then), expr.otherwise].every(neverNull);
    case 'call':
      return (
        expr.fn === 'is_null' || expr.fn === 'is_not_null' || (expr.fn === 'coalesce' && expr.args.some(neverNull))
      );
  }
}

const textOf = (expr: Expr): string =>
  JSON.stringify(expr, (key, value: unknown) => (key === 'at' ? undefined : value));
