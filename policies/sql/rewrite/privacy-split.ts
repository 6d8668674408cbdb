import type { MechanismUse } from '../../accounting/mechanism-use.ts';
import type { PrivacyCharge } from '../../accounting/privacy-charge.ts';
import type { PrivacyRequest } from '../../accounting/privacy-request.ts';
import { gaussianRho, gaussianVariance, RHO_UNITS, rhoUnits } from '../../accounting/zcdp.ts';
import { AppError } from '../../errors.ts';
import { gridVariance } from '../../mechanisms/discrete-gaussian/variance-grid.ts';
import { squareRoot } from '../../mechanisms/exact-sampling/square-root.ts';
import { choiceRho } from '../../mechanisms/exponential-mechanism/exponential-mechanism.ts';
import { compare, type Exact, plus, times, ZERO } from '../../mechanisms/suppression/exact.ts';
import type { Boundary } from '../rewrite.ts';
import { exactOfFraction, fractionOfExact } from './fraction.ts';
import { partsOf, type Shares, sharesOf } from './privacy-shares.ts';
import type {
  GroupSelection,
  NoisyTerm,
  PrivateBoundary,
  PrivateChoiceSpec,
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
 * Gives every statistic of a query, every choice and every selection of groups, a share of its ρ (privacy-shares.ts), and works out the noise of each.
 *
 * Guarantee: all that leaves is ρ-zCDP together, for every kind of unit (with selected groups: approximately, but for δ).
 * Neighbouring: one unit, named by one column, with all its rows in all tables. Sensitivity: as the layout says, per unit column.
 * Cost: the sum over what leaves, per stored column that names units; where a unit is bounded more narrowly than the one the noise was made
 * for, it is charged what that noise costs it. Source: composition of zCDP (Bun and Steinke 2016, Lemma 1.7).
 * @throws AppError SQL_TOO_COMPLEX where a share would be less than the ledger counts
 */
export function splitPrivacy(boundaries: readonly Boundary[], { rho, parts }: PrivacyRequest): PrivacySplit {
  const layouts = boundaries.filter(isPrivate).map(({ layout }) => layout);
  if (layouts.every((layout) => partsOf(layout) === 0)) return { boundaries, charges: [], mechanisms: [] };
  const shares = [...sharesOf(layouts, rho, parts ?? null)];
  const noisy = boundaries.map((boundary): Boundary => {
    if (!isPrivate(boundary)) return boundary;
    const own = shares.shift()!;
    if (boundary.kind === 'sealed') return { ...boundary, layout: withNoise(boundary.layout, own) };
    const choices = boundary.layout.choices.map((choice, index) => withEpsilon(choice, own.choices[index]!));
    return { ...boundary, layout: { ...withNoise(boundary.layout, own), choices } };
  });
  const costs = noisy.filter(isPrivate).flatMap(({ layout }) => costsOf(layout));
  return { boundaries: noisy, charges: chargesOf(costs), mechanisms: costs.map(({ use }) => use) };
}

/** Noise of less variance than this is none that anyone would miss, and below what the sampler takes. */
const VARIANCE_MIN: Exact = { top: 1n, bottom: 64n };
const VARIANCE_MAX: Exact = { top: 1n << 118n, bottom: 1n };

function withNoise<L extends PrivateLayout | SealedLayout>(layout: L, shares: Shares): L {
  const noisy =
    (own: readonly Exact[]) =>
    <T extends NoisyTerm | PrivateTree>(one: T, index: number): T => ({
      ...one,
      variance: fractionOfExact(varianceOf(one, own[index]!)),
    });
  const { selection } = layout;
  return {
    ...layout,
    terms: layout.terms.map(noisy(shares.terms)),
    trees: layout.trees.map(noisy(shares.trees)),
    selection: selection === null ? null : { ...selection, ...noisyCount(selection, shares.selection!) },
  };
}

/** ε is told in steps of 2^−40, rounded down. */
const EPSILON_BITS = 40n;
/** A choice this sharp is as good as none: more would only be paid for. */
const EPSILON_MAX = 64n;

/**
 * The ε with which one choice, in each group that a unit changes, costs `share`: ρ = ε²/8 · Δ₂²/Δ∞². Rate and range are proportional to what the
 * unit changes of one count of a group, d_g, so its loss there ranges over ε·d_g/Δ∞, and Σ d_g² ≤ Δ₂² (exponential-mechanism/PROOF.md).
 */
function withEpsilon(choice: PrivateChoiceSpec, { top, bottom }: Exact): PrivateChoiceSpec {
  const [cell, squared] = largestOf(choice);
  const root = squareRoot({ top: (8n * top * cell ** 2n) << (2n * EPSILON_BITS), bottom: bottom * squared });
  const most = EPSILON_MAX << EPSILON_BITS;
  const epsilon = { top: root < most ? root : most, bottom: 1n << EPSILON_BITS };
  return { ...choice, epsilon: fractionOfExact(epsilon) };
}

/** Of the kind of unit that changes most. */
export function largestOf({ sensitivity }: PrivateChoiceSpec): readonly [cell: bigint, squared: bigint] {
  return [largest(sensitivity.map(({ cell }) => BigInt(cell))), largestSquared(sensitivity)];
}

export const largestSquared = (sensitivity: readonly Sensitivity[]): bigint => largest(sensitivity.map(squaredOf));
const largest = (values: readonly bigint[]): bigint => values.toSorted((a, b) => (a > b ? -1 : 1))[0] ?? 0n;

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
      ...layout.choices.map((choice) => costOfChoice(choice, layout, unit, name)),
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

function costOfChoice(
  choice: PrivateChoiceSpec,
  { bounding }: Pick<PrivateLayout, 'bounding'>,
  unit: number,
  { resource, column }: Name,
): Cost {
  const own = choice.sensitivity[unit]!;
  const [cell] = largestOf(choice);
  const rho = times(choiceRho(exactOfFraction(choice.epsilon)), { top: squaredOf(own), bottom: cell ** 2n });
  return {
    rho,
    delta: ZERO,
    use: {
      statistic: choice.statistic,
      mechanism: 'exponential',
      resource,
      unit: column,
      groupsMax: bounding.kind === 'groups' ? bounding.groupsMax : null,
      contributionMax: Number(own.cell),
      sensitivity: Math.sqrt(Number(own.squared)),
      variance: 0,
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
