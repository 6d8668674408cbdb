import type { ColumnId, Expr, NamedExpr, Project, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { type IdSource, named, ref, refTo } from '../rewrite/build.ts';
import type { Boundary } from '../rewrite.ts';
import { DOUBLE } from '../sql-type.ts';
import type { Ends, Operands } from './interval-expr.ts';
import { readsNoise } from './noisy-columns.ts';
import type { EndsRead, Wanted } from './released-ends.ts';

/** What ends are worked out with. */
export interface Lifting {
  readonly boundaries: readonly Boundary[];
  readonly noisy: ReadonlySet<ColumnId>;
  readonly read: EndsRead;
  readonly ids: IdSource;
  readonly withEnds: (rel: Rel, id: ColumnId, wanted: Wanted, lifting: Lifting) => WithEnds | null;
}

/** A relation that gives out the ends of one of its columns, too: the same rows in the same order. */
export interface WithEnds {
  readonly rel: Rel;
  readonly ends: Ends;
}

/** An input whose columns' ends are added as they are asked for. */
export class Inputs implements Operands {
  rel: Rel;
  readonly #wanted: Wanted;
  readonly #lifting: Lifting;
  readonly #known = new Map<ColumnId, Ends | null>();

  constructor(rel: Rel, wanted: Wanted, lifting: Lifting) {
    this.rel = rel;
    this.#wanted = wanted;
    this.#lifting = lifting;
  }

  readonly isNoisy = (expr: Expr): boolean => readsNoise(expr, this.#lifting.noisy);

  readonly endsOf = (id: ColumnId): Ends | null => {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const made = this.#lifting.withEnds(this.rel, id, this.#wanted, this.#lifting);
    if (made !== null) this.rel = made.rel;
    this.#known.set(id, made?.ends ?? null);
    return made?.ends ?? null;
  };

  readonly named = (ends: Ends): Ends => {
    if ([ends.low, ends.high].every(({ kind }) => kind === 'column' || kind === 'literal')) return ends;
    const made = addEnds(this.rel, ends, this.#lifting);
    this.rel = made.rel;
    return made.ends;
  };
}

/** A projection that passes everything on and adds ends. */
export function addEnds(rel: Rel, ends: Ends, { ids }: Pick<Lifting, 'ids'>): WithEnds & { readonly rel: Project } {
  const passed = columnsOf(rel).map((column) => named(column.id, column.name, refTo(column)));
  const [low, high] = namedEnds(ends, ids);
  return {
    rel: { kind: 'project', input: rel, columns: [...passed, low, high] },
    ends: { low: ref(low.id, DOUBLE), high: ref(high.id, DOUBLE) },
  };
}

export function namedEnds({ low, high }: Ends, ids: IdSource): readonly [NamedExpr, NamedExpr] {
  return [named(ids.next(), 'low', low), named(ids.next(), 'high', high)];
}
