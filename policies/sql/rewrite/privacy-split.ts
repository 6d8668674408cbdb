import type { MechanismUse } from '../../accounting/mechanism-use.ts';
import type { PrivacyCharge } from '../../accounting/privacy-charge.ts';
import type { PrivacyRequest } from '../../accounting/privacy-request.ts';
import { gaussianRho, gaussianVariance, RHO_UNITS, rhoUnits } from '../../accounting/zcdp.ts';
import { AppError, assert } from '../../errors.ts';
import { gridVariance } from '../../mechanisms/discrete-gaussian/variance-grid.ts';
import { compare, type Exact, plus, ZERO } from '../../mechanisms/suppression/exact.ts';
import type { Boundary } from '../rewrite.ts';
import { exactOfFraction, fractionOfExact } from './fraction.ts';
import type {
  GroupSelection,
  NoisyTerm,
  PrivateBoundary,
  PrivateLayout,
  PrivateTree,
  Sensitivity,
} from './private-layout.ts';
import type { SealedBoundary, SealedLayout } from './sealed-layout.ts';

/** Boundaries whose numbers have noise and cost privacy. */
const isPrivate = (boundary: Boundary): boundary is PrivateBoundary | SealedBoundary =>
  boundary.kind === 'private' || boundary.kind === 'sealed';

/** Boundaries with their noise, and what they cost together. */
export interface PrivacySplit {
  readonly boundaries: readonly Boundary[];
  readonly charges: readonly PrivacyCharge[];
  readonly mechanisms: readonly MechanismUse[];
}

/**
 * Gives every statistic of a query, and every selection of groups, an equal share of its ρ, and works out the noise of each.
 *
 * Guarantee: all that leaves is ρ-zCDP together, for every kind of unit (with selected groups: approximately, but for δ).
 * Neighbouring: one unit, named by one column, with all its rows in all tables. Sensitivity: as the layout says, per unit column.
 * Cost: the sum over what leaves, per stored column that names units; where a unit is bounded more narrowly than the one the noise was made
 * for, it is charged what that noise costs it. Source: composition of zCDP (Bun and Steinke 2016, Lemma 1.7).
 * @throws AppError SQL_TOO_COMPLEX where a share would be less than the ledger counts
 */
export function splitPrivacy(boundaries: readonly Boundary[], { rho }: PrivacyRequest): PrivacySplit {
  const parts = boundaries
    .filter(isPrivate)
    .map(({ layout }) => layout.terms.length + layout.trees.length + (layout.selection === null ? 0 : 1));
  const shares = BigInt(parts.reduce((sum, count) => sum + count, 0));
  if (shares === 0n) return { boundaries, charges: [], mechanisms: [] };
  assert(Number.isFinite(rho) && rho * Number(RHO_UNITS) >= 1, 'a query has some privacy to spend');
  const units = BigInt(Math.floor(rho * Number(RHO_UNITS)));
  if (units < shares) throw new AppError('SQL_TOO_COMPLEX', { what: 'statistics for this ρ', limit: Number(units) });
  const share: Exact = { top: units, bottom: RHO_UNITS * shares };
  const noisy = boundaries.map((boundary): Boundary => {
    if (boundary.kind === 'private') return { ...boundary, layout: withNoise(boundary.layout, share) };
    return boundary.kind === 'sealed' ? { ...boundary, layout: withNoise(boundary.layout, share) } : boundary;
  });
  const costs = noisy.filter(isPrivate).flatMap(({ layout }) => costsOf(layout));
  return { boundaries: noisy, charges: chargesOf(costs), mechanisms: costs.map(({ use }) => use) };
}

/** Noise of less variance than this is none that anyone would miss, and below what the sampler takes. */
const VARIANCE_MIN: Exact = { top: 1n, bottom: 64n };
const VARIANCE_MAX: Exact = { top: 1n << 118n, bottom: 1n };

function withNoise<L extends PrivateLayout | SealedLayout>(layout: L, share: Exact): L {
  const noisy = <T extends NoisyTerm | PrivateTree>(one: T): T => ({
    ...one,
    variance: fractionOfExact(varianceOf(one, share)),
  });
  const { selection } = layout;
  return {
    ...layout,
    terms: layout.terms.map(noisy),
    trees: layout.trees.map(noisy),
    selection: selection === null ? null : { ...selection, ...noisyCount(selection, share) },
  };
}

/** The number of units of a group: one unit counts once in each of its groups. */
function noisyCount({ groupsMax }: GroupSelection, share: Exact): Pick<GroupSelection, 'variance'> {
  const sensitivity = [{ cell: '1', squared: String(groupsMax) }];
  return { variance: fractionOfExact(varianceOf({ sensitivity }, share)) };
}

/** For the most sensitive kind of unit. Nothing to hide needs no noise. */
function varianceOf({ sensitivity }: Pick<NoisyTerm, 'sensitivity'>, share: Exact): Exact {
  const [squared = 0n] = sensitivity.map(squaredOf).sort((a, b) => (a > b ? -1 : 1));
  if (squared === 0n) return ZERO;
  const least = gaussianVariance(squared, share);
  if (compare(least, VARIANCE_MAX) > 0) {
    const accepted = 'narrower bounds, or more ρ';
    throw new AppError('POLICY_CONSTRUCT_REFUSED', {
      construct: 'noise as large as these bounds need',
      mode: 'dp',
      accepted,
    });
  }
  return gridVariance(compare(least, VARIANCE_MIN) < 0 ? VARIANCE_MIN : least);
}

interface Cost {
  readonly use: MechanismUse;
  readonly rho: Exact;
  readonly delta: Exact;
}

/** What each statistic of a boundary takes from each stored column that names units. */
function costsOf(layout: PrivateLayout | SealedLayout): readonly Cost[] {
  return layout.units.flatMap(({ names }, unit) =>
    names.flatMap((name) => [
      ...layout.terms.map((term) => costOfTerm(term, 'discrete-gaussian', layout, unit, name)),
      ...layout.trees.map((tree) => costOfTerm({ ...tree, scale: 0 }, 'noisy-tree', layout, unit, name)),
      ...(layout.selection === null ? [] : [costOfSelection(layout.selection, name)]),
    ]),
  );
}

type Name = PrivateLayout['units'][number]['names'][number];

function costOfTerm(
  { statistic, scale, sensitivity, variance }: NoisyTerm,
  mechanism: MechanismUse['mechanism'],
  { bounding }: Pick<PrivateLayout, 'bounding'>,
  unit: number,
  name: Name,
): Cost {
  const own = sensitivity[unit]!;
  const exact = exactOfFraction(variance);
  const rho = exact.top === 0n ? ZERO : gaussianRho(squaredOf(own), exact);
  const measure = 10 ** scale;
  return {
    rho,
    delta: ZERO,
    use: {
      statistic,
      mechanism,
      resource: name.resource,
      unit: name.column,
      groupsMax: bounding.kind === 'groups' ? bounding.groupsMax : null,
      contributionMax: Number(own.cell) / measure,
      sensitivity: Math.sqrt(Number(own.squared)) / measure,
      variance: asNumber(exact) / measure ** 2,
      rho: ledgerNumber(rho),
      delta: 0,
    },
  };
}

function costOfSelection({ groupsMax, variance, delta }: GroupSelection, name: Name): Cost {
  const noise = exactOfFraction(variance);
  const rho = gaussianRho(BigInt(groupsMax), noise);
  const whole = exactOfFraction(delta);
  return {
    rho,
    delta: whole,
    use: {
      statistic: 'groups',
      mechanism: 'partition-selection',
      resource: name.resource,
      unit: name.column,
      groupsMax,
      contributionMax: 1,
      sensitivity: Math.sqrt(groupsMax),
      variance: asNumber(noise),
      rho: ledgerNumber(rho),
      delta: asNumber(whole),
    },
  };
}

/** Per stored column: everything that leaves is composed. */
function chargesOf(costs: readonly Cost[]): readonly PrivacyCharge[] {
  const sums = new Map<string, { readonly use: MechanismUse; rho: Exact; delta: Exact }>();
  for (const { use, rho, delta } of costs) {
    const key = JSON.stringify([use.resource, use.unit]);
    const before = sums.get(key) ?? { use, rho: ZERO, delta: ZERO };
    sums.set(key, { use, rho: plus(before.rho, rho), delta: plus(before.delta, delta) });
  }
  return [...sums.values()]
    .map(({ use: { resource, unit }, rho, delta }) => ({
      resource,
      unit,
      rho: ledgerNumber(rho),
      delta: asNumber(delta),
    }))
    .filter(({ rho, delta }) => rho > 0 || delta > 0);
}

const squaredOf = ({ squared }: Sensitivity): bigint => BigInt(squared);
const asNumber = ({ top, bottom }: Exact): number => Number(top) / Number(bottom);
/** In the ledger's units, rounded up. */
const ledgerNumber = (rho: Exact): number => Number(rhoUnits(rho)) / Number(RHO_UNITS);
