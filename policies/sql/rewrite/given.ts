import type { Expr } from '../plan.ts';
import { columnsOf, type GivenSource, type Rel } from '../plan.ts';
import { relsWithin } from '../plan-walk.ts';
import type { Boundary } from '../rewrite.ts';
import { and, scanAs, withAColumn } from './build.ts';
import { canonicalText } from './canonical.ts';
import type { Cutter, Piece } from './cutter.ts';

/**
 * A release that decides about protected rows: `WHERE income > (SELECT avg(income) FROM person)`, or the ten largest groups joined
 * back. It leaves first, like an answer of its own, and what it gave stands beside the rows as a list that the analyst wrote: they could
 * have read the one and asked the other.
 * Guarantee: that of the two answers one after the other, whatever the first shows. Limits: the same; groups that are linked
 * across such a step are compared by the guard only.
 */
export interface Given {
  /** Over released tables alone. */
  readonly rel: Rel;
}

/** A piece, and the plan that it was cut from. */
export interface CutPart {
  readonly piece: Piece;
  readonly made: Rel;
}

export const cutFrom = (piece: Piece, rel: Rel, where: readonly Expr[] = []): CutPart => ({
  piece,
  made: where.length === 0 ? rel : { kind: 'filter', input: rel, predicate: and(where) },
});

/** What is to be joined: where rows among it are protected, releases among it are given. */
export function givenBeside(parts: readonly CutPart[], cutter: Cutter): readonly Piece[] {
  // WHY not by a custodian: what it opens is sealed for the asker, and is nobody's to compute with here.
  const isGiven = cutter.decision.mode !== 'homomorphic' && parts.some(({ piece }) => piece.state === 'raw');
  return parts.map((part) => (isGiven && part.piece.state === 'released' ? given(part, cutter) : part.piece));
}

/** WHY one for all that is the same: what is cut over it is then one release too. */
function given({ piece, made }: CutPart, { givens, knownGivens, ids }: Cutter): Piece {
  const text = canonicalText(made);
  const index = knownGivens.get(text) ?? givens.push({ rel: withAColumn(piece.rel, ids) }) - 1;
  knownGivens.set(text, index);
  const source: GivenSource = { kind: 'given', given: index, made };
  return { state: 'open', rel: scanAs(source, columnsOf(piece.rel)) };
}

/** What is released together, after all that it is given. */
export interface Stage {
  readonly givens: readonly number[];
  readonly boundaries: readonly number[];
}

/** In the order in which they run: a boundary comes after every release that its statements read, which was cut before it. */
export function stagesOf(boundaries: readonly Boundary[], givens: readonly Given[]): readonly Stage[] {
  const at: number[] = [];
  const stageOfGiven = (index: number): number =>
    1 + Math.max(-1, ...releasesOf(givens[index]!).map((one) => at[one]!));
  for (const boundary of boundaries) at.push(Math.max(0, ...givensOf(boundary).map(stageOfGiven)));
  const stages = givens.map((_, index) => stageOfGiven(index));
  return Array.from({ length: Math.max(0, ...at) + 1 }, (_, stage) => ({
    givens: [...stages.keys()].filter((index) => stages[index] === stage),
    boundaries: [...at.keys()].filter((index) => at[index] === stage),
  }));
}

/** The releases that a boundary's statements read. */
export function givensOf(boundary: Boundary): readonly number[] {
  const statements = boundary.kind === 'cells' ? [boundary.cells, boundary.exact, boundary.small] : [boundary.cells];
  const sources = statements.flatMap((rel) => (rel === null ? [] : sourcesIn(rel)));
  return [...new Set(sources.flatMap((source) => (source.kind === 'given' ? [source.given] : [])))];
}

/** The boundaries that make what is given. */
export function releasesOf({ rel }: Given): readonly number[] {
  return [...new Set(sourcesIn(rel).flatMap((source) => (source.kind === 'released' ? [source.boundary] : [])))];
}

const sourcesIn = (rel: Rel) => relsWithin(rel).flatMap((part) => (part.kind === 'scan' ? [part.source] : []));
