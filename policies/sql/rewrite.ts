import type { MechanismUse } from '../accounting/mechanism-use.ts';
import type { PrivacyCharge } from '../accounting/privacy-charge.ts';
import type { PrivacyRequest } from '../accounting/privacy-request.ts';
import { AppError, assert } from '../errors.ts';
import type { Mode, PolicyProfile } from '../levels.ts';
import { RANK_LAST } from '../stored-twins.ts';
import { type Decision, labelledMode } from './decide.ts';
import type { OutputColumn, Rel } from './plan.ts';
import type { ResolvedQuery } from './resolve.ts';
import type { CellsBoundary } from './rewrite/cell-layout.ts';
import { cutPlan } from './rewrite/cut.ts';
import type { Given } from './rewrite/given.ts';
import { splitPrivacy } from './rewrite/privacy-split.ts';
import type { PrivateBoundary } from './rewrite/private-layout.ts';
import type { SealedBoundary } from './rewrite/sealed-layout.ts';
import { type Uncertainty, uncertaintyOf } from './uncertainty/uncertainty.ts';

/** Stage `rewrite`: the plan cut at its release boundaries. Below: raw work. Above: `finish`, on protected values only. */
export interface PrivatePlan {
  readonly kind: 'private-plan';
  readonly mode: Mode;
  readonly boundaries: readonly Boundary[];
  /** What releases decide about the rows of later ones. */
  readonly givens: readonly Given[];
  /** Reads `released` sources only. Its columns are the answer's columns, in order. */
  readonly finish: Rel;
  /** How far that may be off, worked out beside it. */
  readonly uncertainty: Uncertainty;
  /** One per resource and kind of unit behind what leaves in mode `dp`. */
  readonly charges: readonly PrivacyCharge[];
  readonly mechanisms: readonly MechanismUse[];
}

/** A maximal part of the plan whose output leaves by one policy. */
export type Boundary = RowsBoundary | CellsBoundary | PrivateBoundary | SealedBoundary;

/** Mode `rows`: what `cells` gives out may leave as it is, up to the profile's cap. */
export interface RowsBoundary {
  readonly kind: 'rows';
  readonly cells: Rel;
  readonly released: readonly OutputColumn[];
  /** Most rows that may leave. `cells` asks for one more, so that the protector sees whether there are more. */
  readonly rowsMax: number;
  /** True where this is the whole answer, which may be cut. What `finish` computes with must be complete. */
  readonly cappable: boolean;
}

/**
 * Cuts the plan where protected rows become groups. Everything the user wrote above a cut runs on released values. `privacy`: what the
 * query may take in mode `dp`; the profile's where the asker names nothing.
 * @throws AppError POLICY_ROWS_REFUSED, POLICY_UNIT_MISSING, POLICY_AGGREGATE_REFUSED, POLICY_CONSTRUCT_REFUSED,
 *   POLICY_IDENTIFIER_USE, SQL_TOO_COMPLEX
 */
export function rewrite(
  resolved: ResolvedQuery,
  decision: Decision,
  profile: PolicyProfile,
  privacy: PrivacyRequest = profile.privacy,
): PrivatePlan {
  const share = { ...profile.privacy, ...privacy.share };
  const { groupsMax = profile.privacy.groupsMax, rowsMax = profile.privacy.rowsMax, unitRowsMax } = share;
  // INVARIANT: what one unit has in one group fits 64 bits (bounded-amount.ts).
  assert(
    groupsMax >= 1 && rowsMax >= 1 && rowsMax <= ROWS_COUNTED_MAX && isRank(unitRowsMax),
    'a unit counts with some rows, and not with very many',
  );
  const asked = { ...profile, privacy: { ...profile.privacy, groupsMax, rowsMax, unitRowsMax } };
  const { boundaries: cut, givens, finish } = cutPlan(resolved, decision, asked);
  const uncertainty = uncertaintyOf(finish, cut);
  const { boundaries, charges, mechanisms } = splitPrivacy(withQuestions(cut, uncertainty), privacy);
  if (boundaries.length > BOUNDARIES_MAX) {
    throw new AppError('SQL_TOO_COMPLEX', { what: 'aggregations in one query', limit: BOUNDARIES_MAX });
  }
  for (const boundary of boundaries) {
    // INVARIANT: only what is public through and through leaves as rows, by the same labels that chose the mode.
    if (boundary.kind === 'rows')
      assert(labelledMode(boundary.cells, profile) === 'rows', 'rows boundaries are public');
    // INVARIANT: a query of mode `dp` releases nothing by a weaker mode, and no other mode draws on a privacy budget.
    else assert(boundary.kind === KIND_OF_MODE[decision.mode], 'one mode for all that is protected');
  }
  return Object.freeze({
    kind: 'private-plan',
    mode: decision.mode,
    boundaries: Object.freeze(boundaries),
    givens: Object.freeze(givens),
    finish,
    uncertainty,
    charges: Object.freeze(charges),
    mechanisms: Object.freeze(mechanisms),
  });
}

/** Quantiles whose ends are read by what is computed above them have more walks of their tree: noise is drawn for all of them. */
function withQuestions(boundaries: readonly Boundary[], { stated }: Uncertainty): readonly Boundary[] {
  const read = stated.flatMap(({ reads }) => reads);
  return boundaries.map((boundary, at): Boundary => {
    if (boundary.kind !== 'private' || boundary.layout.trees.length === 0) return boundary;
    const { values, keys } = boundary.layout;
    const asked = read.filter((one) => one.boundary === at).map(({ column }) => values[column - keys.length]);
    const trees = boundary.layout.trees.map((tree, index) => ({
      ...tree,
      questions: tree.questions + asked.filter((value) => value?.kind === 'quantile' && value.tree === index).length,
    }));
    return { ...boundary, layout: { ...boundary.layout, trees } };
  });
}

const KIND_OF_MODE: Partial<Record<Mode, Boundary['kind']>> = {
  aggregate: 'cells',
  perturbed: 'cells',
  dp: 'private',
  homomorphic: 'sealed',
};
const BOUNDARIES_MAX = 16;
const ROWS_COUNTED_MAX = 100;
const isRank = (rows: number | undefined): boolean => rows === undefined || (rows >= 1 && rows <= RANK_LAST);
