import { placeOf, type SourcePlace } from '../../errors.ts';
import type { ColumnId, Expr, Literal } from '../plan.ts';
import { columnsIn, exprsWithin, partsOf } from '../plan-walk.ts';
import { type Coarse, overRoots, type Raw, rootOf } from './raw.ts';
import { constructRefused } from './refusals.ts';

export type Known = Pick<Raw, 'alias' | 'definitions' | 'coarse' | 'open' | 'written'>;

const COMPARISONS: ReadonlySet<string> = new Set([
  'eq',
  'neq',
  'lt',
  'lte',
  'gt',
  'gte',
  'in',
  'between',
  'distinct_from',
  'not_distinct',
]);
/** Functions with a comparison inside. */
const STEPS: ReadonlySet<string> = new Set(['nullif', 'least', 'greatest', 'abs']);

/**
 * Every comparison of such a column within expressions over protected rows.
 * @throws AppError POLICY_CONSTRUCT_REFUSED with what the column may be compared with
 */
export function checkComparisons(exprs: readonly Expr[], raw: Known, text: string): void {
  if (raw.coarse.size === 0) return;
  for (const expr of exprs.flatMap(exprsWithin)) {
    if (expr.kind !== 'call' || (expr.type.kind !== 'boolean' && !STEPS.has(expr.fn))) continue;
    // What joins truths has been looked at part by part; whether a value is there is no comparison.
    if (LOGIC.has(expr.fn)) continue;
    checkCall(
      expr.fn,
      expr.args.map((arg) => overRoots(arg, raw)),
      raw,
      placeOf(text, placeIn(expr)),
    );
  }
}

const LOGIC: ReadonlySet<string> = new Set(['and', 'or', 'not', 'is_null', 'is_not_null']);

function placeIn(expr: Expr): number | null {
  return exprsWithin(expr).find(({ at }) => at !== null)?.at ?? null;
}

function checkCall(fn: string, args: readonly Expr[], raw: Known, place: SourcePlace | null): void {
  for (const [position, arg] of args.entries()) {
    const coarse = columnsIn(arg)
      .map((id) => raw.coarse.get(rootOf(raw.alias, id)))
      .find((one) => one !== undefined);
    if (coarse === undefined) continue;
    const others = args.filter((_, index) => index !== position);
    if (unwrapped(arg).kind !== 'column' || !COMPARISONS.has(fn) || !admits(coarse, fn, position, others, raw))
      throw refused(coarse, place);
  }
}

/** The other side: literals among what is declared, or columns of protected rows, which the asker does not choose. */
function admits(coarse: Coarse, fn: string, position: number, others: readonly Expr[], raw: Known): boolean {
  const literals = others.map(unwrapped);
  if (literals.every((one) => one.kind === 'column' && (coarse.bins === null || !isChosen(one.id, raw)))) return true;
  if (!literals.every((one): one is Literal => one.kind === 'literal')) return false;
  const given = literals.filter(({ value }) => value !== null);
  if (coarse.values !== null && given.every((one) => coarse.values!.some((value) => isSame(one, value)))) return true;
  if (coarse.bins === null) return false;
  if (fn === 'between') return position === 0 && cutsAt(coarse, given[0], 0) && cutsAt(coarse, given[1], 1);
  const told = position === 0 ? fn : (MIRRORED[fn] ?? fn);
  if (told === 'lt' || told === 'gte') return given.every((one) => cutsAt(coarse, one, 0));
  return (told === 'lte' || told === 'gt') && given.every((one) => cutsAt(coarse, one, 1));
}

const MIRRORED: Readonly<Record<string, string>> = { lt: 'gt', gt: 'lt', lte: 'gte', gte: 'lte' };

/** Public rows and written lists hold what the asker likes to compare with. */
function isChosen(id: ColumnId, raw: Known): boolean {
  return raw.open.has(id) || raw.written.has(id);
}

/** Whether a comparison falls between two classes: `< 65` at the cut point 65, and `<= 64` (`step` 1) of whole numbers. */
function cutsAt({ bins }: Coarse, one: Literal | undefined, step: 0 | 1): boolean {
  if (one === undefined || bins === null || typeof one.value !== 'string') return false;
  if (step === 0) return bins.some((bin) => isSame(one, bin));
  if (one.type.kind === 'integer') return bins.some((bin) => Number(one.value) + 1 === bin);
  return one.type.kind === 'date' && bins.some((bin) => nextDay(String(one.value)) === bin);
}

function isSame({ value, type }: Literal, declared: number | string): boolean {
  if (typeof value === 'boolean') return String(value) === declared;
  if (typeof value !== 'string') return false;
  if (type.kind === 'timestamp') return value.replace(/[ T]00:00:00(\.0+)?$/u, '') === declared;
  return type.kind === 'text' || type.kind === 'date' ? value === declared : Number(value) === Number(declared);
}

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

/** Without casts between numbers, or of a date to a timestamp: they compare as what they were. */
function unwrapped(expr: Expr): Expr {
  if (expr.kind !== 'cast') return expr;
  const kinds = [expr.type.kind, expr.arg.type.kind];
  const keeps = kinds.every((kind) => NUMBERS.has(kind)) || kinds.every((kind) => DAYS.has(kind));
  return keeps ? unwrapped(partsOf(expr)[0]!) : expr;
}
const NUMBERS: ReadonlySet<string> = new Set(['integer', 'hugeint', 'decimal', 'double']);
const DAYS: ReadonlySet<string> = new Set(['date', 'timestamp', 'text']);

const SHOWN = 40;
function refused({ column, values, bins }: Coarse, place: SourcePlace | null) {
  const construct = `comparison of the quasi-identifier \`${column}\` beside its declared classes`;
  const list = (all: readonly (number | string)[]) =>
    all.slice(0, SHOWN).join(', ') + (all.length > SHOWN ? ', …' : '');
  const accepted =
    bins !== null
      ? `\`${column}\` < or >= one of ${list(bins)}`
      : `\`${column}\` = or IN with one of ${list(values ?? [])}`;
  return constructRefused(construct, accepted, place);
}

/** What both sides of a join know, for the conditions between them. */
export function knownOf(a: Raw, b: Raw): Known {
  return {
    alias: new Map([...a.alias, ...b.alias]),
    definitions: new Map([...a.definitions, ...b.definitions]),
    coarse: new Map([...a.coarse, ...b.coarse]),
    open: new Map([...a.open, ...b.open]),
    written: new Set([...a.written, ...b.written]),
  };
}

/** Values that a unit's own rows add up to are as coarse as what they are made of. */
export function withMade(
  raw: Raw,
  made: readonly { readonly id: ColumnId; readonly call: { readonly args: readonly Expr[] } }[],
): Raw['coarse'] {
  const found = made.flatMap(({ id, call }) => {
    const read = call.args.flatMap((arg) => columnsIn(overRoots(arg, raw))).map((one) => raw.coarse.get(one));
    const coarse = read.find((one) => one !== undefined);
    return coarse === undefined ? [] : [[id, coarse] as const];
  });
  return new Map([...raw.coarse, ...found]);
}
