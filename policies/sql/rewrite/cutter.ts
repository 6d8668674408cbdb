import { placeOf } from '../../errors.ts';
import type { PolicyProfile } from '../../levels.ts';
import type { Decision } from '../decide.ts';
import type { Aggregate, ColumnId, Offset, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import type { Boundary } from '../rewrite.ts';
import { type IdSource, named, refTo, scanReleased, withAColumn } from './build.ts';
import type { Given } from './given.ts';
import { asRaw, type Raw } from './raw.ts';
import { constructRefused } from './refusals.ts';

/** A part of the plan: public rows, protected rows, or post-processing of what has been released. */
export type Piece =
  | { readonly state: 'open'; readonly rel: Rel }
  | Raw
  | { readonly state: 'released'; readonly rel: Rel };

/** A boundary by the canonical text of what it releases. WHY made when asked for: most queries have one boundary, which meets no other. */
export class KnownBoundary {
  readonly index: number;
  private readonly make: () => string;
  private made: string | null = null;
  constructor(index: number, make: () => string) {
    this.index = index;
    this.make = make;
  }
  get text(): string {
    this.made ??= this.make();
    return this.made;
  }
}

export interface Cutter {
  readonly text: string;
  readonly decision: Decision;
  readonly profile: PolicyProfile;
  readonly needed: ReadonlySet<ColumnId>;
  /** Whether a column decides about rows or groups. */
  readonly decides: (id: ColumnId) => boolean;
  readonly ids: IdSource;
  readonly boundaries: Boundary[];
  readonly givens: Given[];
  /** Their places by the canonical text of what they are the answer of. */
  readonly knownGivens: Map<string, number>;
  /** What was cut so far: the same aggregation written twice is one release. */
  readonly known: KnownBoundary[];
  /** Aggregations of which the query shows so many groups, those that most stand in, and no number. */
  readonly firsts: Map<Aggregate, number>;
  leaves: number;
  /** The piece of a relation: for what walks on. */
  readonly cut: (rel: Rel) => Piece;
}

export const sideOf = (piece: Raw | Extract<Piece, { state: 'open' }>): Raw =>
  piece.state === 'raw' ? piece : asRaw(piece.rel);

/** The side of a released relation: public rows leave by a boundary of their own; protected rows cannot. */
export function releasedSide(piece: Piece, at: Offset | undefined, cutter: Cutter): Rel {
  if (piece.state === 'released') return piece.rel;
  if (piece.state === 'raw') {
    throw constructRefused(
      'protected rows beside an aggregate over many units',
      'the aggregate in a query of its own, or grouped by the identifier of the unit',
      placeOf(cutter.text, at ?? null),
    );
  }
  // What the query itself wrote needs no engine below the boundary.
  if (piece.rel.kind === 'values') return piece.rel;
  return releaseRows(piece.rel, cutter.profile.cellsMax, false, cutter);
}

/** Public rows as they are. One more than may leave is asked for, so that the protector sees that there are more. */
export function releaseRows(read: Rel, rowsMax: number, cappable: boolean, cutter: Cutter): Rel {
  const rel = withAColumn(read, cutter.ids);
  const asked = rowsMax + 1;
  const cells: Rel =
    rel.kind === 'limit'
      ? { ...rel, count: Math.min(rel.count ?? asked, asked) }
      : { kind: 'limit', input: rel, count: asked, offset: 0 };
  const released = columnsOf(rel).map((column) => ({ ...column, id: cutter.ids.next() }));
  const index = cutter.boundaries.length;
  cutter.boundaries.push({ kind: 'rows', cells, released, rowsMax, cappable });
  const scan = scanReleased(index, released);
  // The plan above knows the columns by their own ids.
  const columns = columnsOf(rel).map((column, position) => named(column.id, column.name, refTo(released[position]!)));
  return { kind: 'project', input: scan, columns };
}
