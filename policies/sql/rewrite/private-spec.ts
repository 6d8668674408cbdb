import { placeOf } from '../../errors.ts';
import type { Aggregate, Expr } from '../plan.ts';
import { columnRefsIn, relsWithin } from '../plan-walk.ts';
import { isNumeric } from '../type-rules.ts';
import type { RowFacts } from './bounded-amount.ts';
import type { Cutter } from './cutter.ts';
import { publicDomain } from './domain.ts';
import { lookThrough } from './look-through.ts';
import type { PrivateSpec } from './private-cells.ts';
import { privateMeasure } from './private-measures.ts';
import { listedByTables } from './public-keys.ts';
import { publicList } from './public-list.ts';
import type { Range } from './range-arithmetic.ts';
import { type Raw, rootOf } from './raw.ts';
import { rangeOf, rangesOf } from './value-range.ts';

/** What an aggregation over protected rows asks of mode `dp`. @throws AppError for what cannot be bounded */
export function privateSpec(aggregate: Aggregate, raw: Raw, cutter: Cutter): PrivateSpec {
  const { profile, decision, ids, text } = cutter;
  const through = lookThrough(raw);
  const rowsTaken = profile.privacy.unitRowsMax ?? profile.privacy.groupsMax * profile.privacy.rowsMax;
  const facts = rowFacts(raw, through.isFilled, rowsTaken);
  return {
    raw,
    keys: aggregate.keys,
    measures: aggregate.measures.map(({ call }) => privateMeasure(call, facts, placeOf(text, call.at))),
    domain: publicDomain(
      ...([raw, aggregate.keys, profile.cellsMax, ids] as const),
      (key) => publicList(key, raw, facts),
      listedByTables(aggregate.keys, raw, ids),
    ),
    rowsTaken: aggregate.measures.some(({ call }) => isTaken(call, facts)) ? rowsTaken : null,
    unitsMin: decision.unitsMin,
    limits: profile.privacy,
    first: cutter.firsts.get(aggregate) ?? null,
    through,
    place: placeOf(text, aggregate.at ?? null),
  };
}

/** Whether a value has bounds only by what a unit's share is taken to be. */
const isTaken = (
  { fn, args }: Aggregate['measures'][number]['call'],
  { rangeOf: proved, shareOf }: RowFacts,
): boolean =>
  !fn.includes('count') && args.some((arg) => isNumeric(arg.type) && isOpen(proved(arg)) && !isOpen(shareOf(arg)));

const isOpen = ({ low, high }: Range): boolean => low === null || high === null;

/** `rowsTaken`: of how many rows of a unit a value is taken to be made where nothing says; null: of any number. */
export function rowFacts(raw: Raw, isFilled: (expr: Expr) => boolean, rowsTaken: number | null = null): RowFacts {
  const ranges = rangesOf(raw.rel, raw.madeOf);
  const taken = rangesOf(raw.rel, new Map([...raw.madeOf].map(([id, most]) => [id, most ?? rowsTaken])));
  const stored = relsWithin(raw.rel).flatMap((part) => (part.kind === 'scan' ? part.columns : []));
  const names = new Map(stored.map(({ id, name }) => [id, name]));
  const unitOf = (expr: Expr): number | null => {
    if (expr.kind !== 'column') return null;
    const root = rootOf(raw.alias, expr.id);
    const position = raw.units.findIndex(({ id }) => rootOf(raw.alias, id) === root);
    return position < 0 ? null : position;
  };
  const unbounded = (expr: Expr): string | null => {
    const column = columnRefsIn(expr).find((one) => {
      const { low, high } = rangeOf(one, ranges);
      return isNumeric(one.type) && (low === null || high === null);
    });
    return column === undefined ? null : (names.get(rootOf(raw.alias, column.id)) ?? null);
  };
  const known = {
    rangeOf: (expr: Expr) => rangeOf(expr, ranges),
    shareOf: (expr: Expr) => rangeOf(expr, taken),
    isFilled,
  };
  const listOf = (expr: Expr) => publicList(expr, raw, known).filter(({ value }) => value !== null);
  return { ...known, unitOf, listOf, unbounded };
}
