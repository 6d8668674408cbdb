import { placeOf } from '../../errors.ts';
import type { Expr, Filter, Join, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { conjunctsOf } from '../plan-walk.ts';
import { unknownWhereAbsent } from './absent-groups.ts';
import { and, named, refTo } from './build.ts';
import { checkComparisons, knownOf } from './coarse.ts';
import { type Cutter, type Piece, releasedSide, sideOf } from './cutter.ts';
import { cutFrom, givenBeside } from './given.ts';
import { joinRaw } from './join-raw.ts';
import {
  checkConditions,
  checkPublicJoin,
  checkUnitJoin,
  idsOf,
  keysBetween,
  meetsByPublic,
  meetsOnce,
} from './join-rules.ts';
import { inJoinOrder, isInner, joinSetOf, readsOnly } from './join-set.ts';
import { projectRaw } from './over-raw.ts';
import { publicSide } from './public-side.ts';
import { type Raw, restrict } from './raw.ts';
import { anyOf, writtenCases } from './written-cases.ts';

/** The conditions of a WHERE belong to the joins below it, which are judged by them. */
export function cutWhere(rel: Rel, where: readonly Expr[], cutter: Cutter): Piece {
  if (rel.kind === 'filter') return cutWhere(rel.input, [...conjunctsOf(rel.predicate), ...where], cutter);
  if (rel.kind !== 'join') return filtered(cutter.cut(rel), where, cutter);
  if (isInner(rel)) return cutInner(rel, where, cutter);
  const kept = rel.join === 'right' ? rel.right : rel.left;
  const below = rel.join === 'full' ? [] : where.filter((one) => readsOnly(one, idsOf(kept)));
  const isKept = (side: Rel) => side === kept;
  const parts = [rel.left, rel.right].map((side) =>
    isKept(side) ? cutFrom(cutWhere(side, below, cutter), side, below) : cutFrom(cutter.cut(side), side),
  );
  const [left, right] = givenBeside(parts, cutter) as [Piece, Piece];
  const rest = where.filter((one) => !below.includes(one));
  return filtered(meet(left, right, rel, cutter), rest, cutter);
}

function filtered(piece: Piece, where: readonly Expr[], cutter: Cutter): Piece {
  if (where.length === 0) return piece;
  const rel: Filter = { kind: 'filter', input: piece.rel, predicate: and(where) };
  if (piece.state === 'open') return { state: 'open', rel };
  if (piece.state === 'released') {
    const predicate = unknownWhereAbsent(rel.predicate, piece.rel, cutter);
    return { state: 'released', rel: { ...rel, predicate } };
  }
  checkComparisons(where, piece, cutter.text);
  checkConditions(where, piece, placeOf(cutter.text, where[0]!.at));
  return restrict({ ...piece, rel }, rel.predicate);
}

/** Inner joins in an order in which each is admitted. Nothing above knows columns by their order: a projection is there. */
function cutInner(join: Join, where: readonly Expr[], cutter: Cutter): Piece {
  const { parts, conditions } = joinSetOf(join, join.at, where);
  const cut = parts.map(({ rel }) => {
    const own = isInner(rel) || rel.kind !== 'join' ? [] : conditions.filter((one) => readsOnly(one, idsOf(rel)));
    return cutFrom(cutWhere(rel, own, cutter), rel, own);
  });
  const pieces = givenBeside(cut, cutter).map((piece, index) => ({ piece, at: parts[index]!.at }));
  const waiting = new Set(
    conditions.filter((one) => !parts.some(({ rel }) => rel.kind === 'join' && readsOnly(one, idsOf(rel)))),
  );
  const ordered = pieces.every(({ piece }) => piece.state !== 'released')
    ? inJoinOrder(protectedFirst(pieces), (standing, next) =>
        canMeet(
          standing.map(({ piece }) => piece),
          next.piece,
          conditions,
        ),
      )
    : pieces;
  const joined = ordered.slice(1).reduce((left, { piece: right, at }) => {
    const ids = new Set([...idsOf(left.rel), ...idsOf(right.rel)]);
    const ready = [...waiting].filter((one) => readsOnly(one, ids));
    for (const one of ready) waiting.delete(one);
    const on = ready.length === 0 ? null : and(ready);
    const made: Join = {
      kind: 'join',
      join: on === null ? 'cross' : 'inner',
      left: left.rel,
      right: right.rel,
      on,
      at,
    };
    return meet(left, right, made, cutter);
  }, ordered[0]!.piece);
  return joined;
}
/** WHY: a list that is named first has equal columns with nothing. */
function protectedFirst<P extends { readonly piece: Piece }>(pieces: readonly P[]): readonly P[] {
  const first = pieces.find(({ piece }) => piece.state === 'raw') ?? pieces[0]!;
  return [first, ...pieces.filter((one) => one !== first)];
}

/** Whether a part can be joined to what stands, by its equal columns. */
function canMeet(standing: readonly Piece[], next: Piece, conditions: readonly Expr[]): boolean {
  const ids = new Set(standing.flatMap(({ rel }) => [...idsOf(rel)]));
  const pairs = keysBetween(conditions, ids, idsOf(next.rel));
  const bothRaw = next.state === 'raw' && standing.some(({ state }) => state === 'raw');
  return bothRaw ? pairs.some(([a]) => a.type.kind === 'token') : pairs.length > 0;
}

/** The join of two pieces: public, protected or released, as the stricter of both demands. */
function meet(left: Piece, right: Piece, join: Join, cutter: Cutter): Piece {
  const rel: Join = { ...join, left: left.rel, right: right.rel };
  if (left.state === 'open' && right.state === 'open') return { state: 'open', rel };
  if (left.state === 'released' || right.state === 'released') {
    const [a, b] = [left, right].map((side) => releasedSide(side, join.at, cutter));
    return { state: 'released', rel: { ...join, left: a!, right: b! } };
  }
  if (join.on !== null) checkComparisons([join.on], knownOf(sideKnown(left), sideKnown(right)), cutter.text);
  if (join.join === 'semi' || join.join === 'anti') return joinRaw(rel, sideOf(left), sideOf(right), cutter.text);
  const cases = casesOf(rel, left, right, cutter);
  if (cases !== null) return cases;
  if (left.state === 'raw' && right.state === 'raw') checkUnitJoin(rel, cutter.text);
  else if (left.state === 'raw') checkPublicJoin(rel, left, right.rel, cutter.text);
  else if (right.state === 'raw') checkPublicJoin(rel, right, left.rel, cutter.text);
  const [a, b] = [left, right].map((side, index) => {
    if (side.state === 'raw') return side;
    const other = [right, left][index]!;
    return publicSide(side.rel, {
      once: meetsOnce(rel, side.rel),
      byPublic: other.state === 'raw' && meetsByPublic(rel, other),
    });
  });
  const joined = joinRaw(rel, a!, b!, cutter.text);
  checkConditions(rel.on === null ? [] : conjunctsOf(rel.on), joined, placeOf(cutter.text, join.at ?? null));
  return joined;
}

/** A written list that each protected row meets once at most, by conditions that are no equality of columns. */
function casesOf(join: Join, left: Piece, right: Piece, cutter: Cutter): Raw | null {
  const [rows, list] = left.state === 'raw' ? [left, right] : [right, left];
  const keeps = isInner(join) || join.join === (rows === left ? 'left' : 'right');
  if (rows.state !== 'raw' || list.state !== 'open' || !keeps || meetsOnce(join, list.rel)) return null;
  const cases = writtenCases(join, list.rel);
  if (cases === null) return null;
  const met = isInner(join) ? (filtered(rows, [anyOf(cases.conditions)], cutter) as Raw) : rows;
  checkComparisons(
    cases.columns.map(({ expr }) => expr),
    rows,
    cutter.text,
  );
  const columns = [
    ...columnsOf(rows.rel).map((column) => named(column.id, column.name, refTo(column))),
    ...cases.columns,
  ];
  return projectRaw({ kind: 'project', input: met.rel, columns }, met, cutter.ids);
}

/** A side with what is known of its columns: those of public rows are the asker's to choose. */
const sideKnown = (piece: Exclude<Piece, { state: 'released' }>): Raw =>
  piece.state === 'raw' ? piece : publicSide(piece.rel, { once: false, byPublic: false });
