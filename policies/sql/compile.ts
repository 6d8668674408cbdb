import type { MechanismUse } from '../accounting/mechanism-use.ts';
import type { PrivacyCharge } from '../accounting/privacy-charge.ts';
import type { Decision } from './decide.ts';
import { emitRel } from './emit/emit-rel.ts';
import type { EmittedSql } from './emit/emitted-sql.ts';
import { planHash } from './emit/plan-hash.ts';
import { passedColumns } from './passed-columns.ts';
import type { ResolvedQuery, TableUse } from './resolve.ts';
import type { PrivatePlan } from './rewrite.ts';

/** Stage `emit`: what the engine will run. `cells[i]` fills `boundaries[i]`; `finish` reads tables `released_<i>`. */
export interface CompiledQuery {
  readonly kind: 'compiled';
  readonly decision: Decision;
  readonly private: PrivatePlan;
  readonly uses: readonly TableUse[];
  readonly cells: readonly EmittedSql[];
  /** Per boundary, where small groups are gathered: the statement that tells them one by one. */
  readonly small: readonly (EmittedSql | null)[];
  /** Per release that decides about rows: the statement that makes it of tables `released_<i>`, for tables `given_<i>`. */
  readonly givens: readonly EmittedSql[];
  /** null: the answer is boundary 0's released columns, in the order of `finishColumns`. */
  readonly finish: EmittedSql | null;
  /** For a null `finish`: index into boundary 0's `released`, one per output column. */
  readonly finishColumns: readonly number[];
  /** SHA-256 of the canonical plan: equal for queries that differ in spelling only. */
  readonly planHash: string;
  /** What the answer takes from the privacy budgets of whom it is about; empty in every mode but `dp`. */
  readonly charges: readonly PrivacyCharge[];
  /** The same, statistic by statistic, for the register of releases. */
  readonly mechanisms: readonly MechanismUse[];
}

/**
 * SQL of every boundary and of what stands above it. `finish` is null where the answer is boundary 0's columns in some
 * order: then nothing is left for the engine to do.
 */
export function emit(resolved: ResolvedQuery, decision: Decision, privatePlan: PrivatePlan): CompiledQuery {
  const columns = passedColumns(privatePlan.finish);
  return {
    kind: 'compiled',
    decision,
    private: privatePlan,
    uses: resolved.uses,
    cells: privatePlan.boundaries.map((boundary) => emitRel(boundary.cells)),
    small: smallStatements(privatePlan),
    givens: privatePlan.givens.map(({ rel }) => emitRel(rel)),
    finish: columns === null ? emitRel(privatePlan.uncertainty.finish) : null,
    finishColumns: columns ?? [],
    planHash: planHash(resolved.plan),
    charges: privatePlan.charges,
    mechanisms: privatePlan.mechanisms,
  };
}

/**
 * Where groups of a boundary stay undecided: the statement that decides them, over the table `open_groups`; else null. WHY only then: hardly any
 * group does, and its text takes as long to write as that of the cells.
 */
export function exactStatement({ private: { boundaries } }: CompiledQuery, boundary: number): EmittedSql | null {
  const of = boundaries[boundary];
  return of?.kind === 'cells' ? emitRel(of.exact) : null;
}

/** WHY none for a single boundary: no other grouping could give its small groups away. */
function smallStatements({ boundaries }: PrivatePlan): readonly (EmittedSql | null)[] {
  const isAlone = boundaries.filter(({ kind }) => kind === 'cells').length < 2;
  return boundaries.map((boundary) =>
    isAlone || boundary.kind !== 'cells' || boundary.small === null ? null : emitRel(boundary.small),
  );
}
