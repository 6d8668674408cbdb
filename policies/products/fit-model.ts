import type { ModelSpec } from './product-content.ts';
import type { MaterialModel } from './product-material.ts';
import { invalidProduct, needInProduct } from './product-problem.ts';
import { numberOf, numberPlaceOf, type SourceTable } from './source-table.ts';
import { type Observation, weightedLeastSquares } from './weighted-least-squares.ts';

const FEATURES_MAX = 8;
/** WHY: a coefficient that stands on fewer groups is more about them than about what they have in common. */
export const GROUPS_PER_COEFFICIENT_MIN = 5;
/** WHY: a group with more weight than this in its own fitted value can be read off the coefficients. */
export const LEVERAGE_MAX = 0.9;
/** WHY so few: coefficients with all of a double's digits can carry anything else. */
const DIGITS = 4;

/**
 * 数据模型: a linear model of released groups. The gateway fits it, so that no coefficient is anybody's to write.
 * Support: every group that counts stands for `unitsMin` units at least, five groups for each coefficient, and no group determines one.
 *
 * Guarantee: a function of what was released; costs nothing more. Limits: groups, not units: what holds of groups need not hold of their
 * members (Robinson, ASR 15(3), 1950).
 *
 * @throws AppError `PRODUCT_INVALID`.
 */
export function fitModel(
  { target, features, support }: ModelSpec,
  source: SourceTable,
  { unitsMin }: { readonly unitsMin: number },
): MaterialModel {
  needInProduct(features.length > 0 && features.length <= FEATURES_MAX, 'features', `1 to ${FEATURES_MAX} of them`);
  const named = [target, support, ...features];
  needInProduct(new Set(named).size === named.length, 'features', 'a column is used twice');
  const targetPlace = numberPlaceOf(source, target, 'target');
  const supportPlace = numberPlaceOf(source, support, 'support');
  const places = features.map((name, at) => numberPlaceOf(source, name, `features[${at}]`));
  const observations = source.rows.flatMap((row): readonly Observation[] => {
    const [value, units, ...explaining] = [targetPlace, supportPlace, ...places].map((place) => numberOf(row[place]));
    if (typeof value !== 'number' || typeof units !== 'number' || units < unitsMin) return [];
    const known = explaining.filter((one) => one !== null);
    return known.length === places.length ? [{ features: known, target: value, weight: units }] : [];
  });
  const groupsMin = GROUPS_PER_COEFFICIENT_MIN * (features.length + 1);
  needInProduct(
    observations.length >= groupsMin,
    'support',
    `${observations.length} groups of ${unitsMin} units and more, ${groupsMin} are needed`,
  );
  const fit = weightedLeastSquares(observations);
  if (fit === null) throw invalidProduct('features', 'one is constant or follows from others');
  needInProduct(fit.leverageMax <= LEVERAGE_MAX, 'support', 'one group alone determines a coefficient');
  return {
    kind: 'model',
    target,
    intercept: rounded(fit.intercept),
    coefficients: features.map((term, at) => ({ term, value: rounded(fit.slopes[at] ?? 0) })),
    rSquared: Number(fit.rSquared.toFixed(2)),
    groups: observations.length,
    groupsLeftOut: source.rows.length - observations.length,
    units: observations.reduce((total, { weight }) => total + weight, 0),
  };
}

const rounded = (value: number): number => Number(value.toPrecision(DIGITS));
