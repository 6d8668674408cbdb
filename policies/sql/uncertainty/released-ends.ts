import { assert } from '../../errors.ts';
import type { OutputColumn, Scan } from '../plan.ts';
import { type IdSource, ref, releasedColumn } from '../rewrite/build.ts';
import type { PrivateLayout } from '../rewrite/private-layout.ts';
import type { SealedLayout } from '../rewrite/sealed-layout.ts';
import type { Boundary } from '../rewrite.ts';
import { DOUBLE } from '../sql-type.ts';
import type { Ends } from './interval-expr.ts';

/** Which tail of the noise ends stand on: of one discrete Gaussian, or of a sum of many, which is sub-Gaussian of their added variances. */
export type Tail = 'normal' | 'sub-gaussian';

/** What is wanted of a noisy column: its ends in the row at hand, or in all rows at once. */
export interface Wanted {
  readonly tail: Tail;
  readonly rows: 'one' | 'all';
}

/** Ends of a released column that a finish reads beside it: two columns behind those of the boundary's table. */
export interface ReleasedEnds {
  readonly boundary: number;
  readonly column: number;
  readonly tail: Tail;
}

/** On how many draws of noise an interval stands: some whatever the rows, and some in each row of a boundary's table. */
export interface Draws {
  readonly fixed: number;
  readonly perRow: readonly { readonly boundary: number; readonly draws: number }[];
}

/** The released ends that one interval of the answer stands on. */
export class EndsRead {
  readonly all: ReleasedEnds[] = [];
  readonly #known = new Map<string, readonly OutputColumn[]>();
  /** What was drawn, by scan and rows: one draw that is read twice is one draw. */
  readonly #drawn = new Map<string, { readonly boundary: number; readonly wanted: Wanted; readonly of: Set<string> }>();
  readonly #boundaries: readonly Boundary[];
  readonly #ids: IdSource;
  /** How many ends of each boundary the answer's other intervals have read. */
  readonly #before: readonly ReleasedEnds[];

  constructor(boundaries: readonly Boundary[], before: readonly ReleasedEnds[], ids: IdSource) {
    this.#boundaries = boundaries;
    this.#before = before;
    this.#ids = ids;
  }

  /** The scan with the ends of one of its columns; null for the chosen value of a list. */
  of(scan: Scan, column: Scan['columns'][number], wanted: Wanted): { readonly rel: Scan; readonly ends: Ends } | null {
    assert(scan.source.kind === 'released', 'what noise has a part in was released');
    const { boundary } = scan.source;
    const drawn = drawsOf(this.#layout(boundary), Number(column.column.slice(1)), wanted.tail);
    if (drawn === null) return null;
    const name = `${column.id} ${wanted.tail}`;
    this.#draw(`${scan.columns[0]!.id} ${wanted.rows}`, boundary, wanted, drawn);
    const known = this.#known.get(name);
    const pair = known ?? this.#read({ boundary, column: Number(column.column.slice(1)), tail: wanted.tail });
    this.#known.set(name, pair);
    const [low, high] = pair as [OutputColumn, OutputColumn];
    const ends = { low: ref(low.id, DOUBLE), high: ref(high.id, DOUBLE) };
    if (known !== undefined) return { rel: scan, ends };
    return { rel: { ...scan, columns: [...scan.columns, ...pair.map((one) => releasedColumn(one, one.name))] }, ends };
  }

  draws(): Draws {
    const groups = [...this.#drawn.values()];
    const inOne = groups.filter(({ wanted }) => wanted.rows === 'one');
    const inAll = groups.filter(({ wanted }) => wanted.rows === 'all');
    return {
      fixed: inOne.reduce((sum, { of }) => sum + of.size, 0),
      perRow: inAll.map(({ boundary, of }) => ({ boundary, draws: of.size })),
    };
  }

  #read(ends: ReleasedEnds): readonly OutputColumn[] {
    const before = [...this.#before, ...this.all].filter(({ boundary }) => boundary === ends.boundary).length;
    const first = this.#boundaries[ends.boundary]!.released.length + 2 * before;
    this.all.push(ends);
    return [first, first + 1].map((at) => ({ id: this.#ids.next(), name: `c${at}`, type: DOUBLE }));
  }

  #draw(name: string, boundary: number, wanted: Wanted, drawn: readonly string[]): void {
    const group = this.#drawn.get(name) ?? { boundary, wanted, of: new Set<string>() };
    for (const one of drawn) group.of.add(one);
    this.#drawn.set(name, group);
  }

  #layout(at: number): PrivateLayout | SealedLayout {
    const boundary = this.#boundaries[at];
    assert(boundary?.kind === 'private' || boundary?.kind === 'sealed', 'noise is of mode dp');
    return boundary.layout;
  }
}

/** Names of the draws behind a released value. */
function drawsOf(layout: PrivateLayout | SealedLayout, column: number, tail: Tail): readonly string[] | null {
  const value = layout.values[column - layout.keys.length];
  assert(value !== undefined, 'a released value has its column');
  if (value.kind === 'choice' || value.kind === 'standing') return null;
  if (tail === 'sub-gaussian' || value.kind === 'quantile') return [`value:${column}`];
  return [...new Set(value.forms.flat().map(({ term }) => `term:${term}`))];
}
