import type { SourcePlace } from '../../errors.ts';
import type { PrivacyLimits } from '../../levels.ts';
import type { Aggregate } from '../plan.ts';
import { firstRows } from './bounded-rows.ts';
import type { IdSource } from './build.ts';
import { NO_CHANGES } from './changes.ts';
import { type BoundingFacts, boundingOfSeveral, rankedRowsMax } from './private-bounding.ts';
import { rankedRows } from './ranked-rows.ts';
import { type Raw, rootOf, type UnitColumn } from './raw.ts';

/**
 * Rows of several kinds of units, grouped by one kind: per person, what its posts at firms pay. Each group is one person's, but a firm has
 * a part in as many as it has rows. So shares are bounded here, below the grouping: all kinds but one by declaration, the rows of that one by rank or keyed
 * hash; then a unit that goes makes another row of every group in which rows of it stood (`groupsTouched`), and no row else.
 *
 * INVARIANT: a group's row is made of the group's rows alone. Neighbours in either kind: PROOF in PRIVACY.md, "Grouped by one of several kinds".
 * @throws AppError POLICY_CONSTRUCT_REFUSED where more than one kind has no declared bound
 */
export function boundedBelow(input: Raw, limits: PrivacyLimits, place: SourcePlace | null, ids: IdSource): Raw {
  if (input.bounded !== null) return input;
  const facts: BoundingFacts = { raw: input, groups: 1, limits };
  const { bounding, raw } = boundingOfSeveral(facts, rankedRows(input, rankedRowsMax(facts), ids), place);
  switch (bounding.kind) {
    case 'rows': {
      const units = raw.units.map((unit, position): UnitColumn => {
        if (position === bounding.unit) return { ...unit, rowsMax: bounding.rowsMax };
        return { ...unit, others: { goes: 0, comes: unit.rowsMax! } };
      });
      const rel = firstRows(raw.rel, raw, bounding, ids);
      return { ...raw, rel, units, bounded: { kind: 'nested', rowsMax: bounding.rowsMax } };
    }
    case 'ranked':
      return { ...raw, bounded: { kind: 'nested', rowsMax: bounding.rowsMax } };
    default:
      return { ...raw, bounded: bounding };
  }
}

/**
 * Where the groups are those of the kind whose rows are left out, of one table, what comes is in the groups that something went from: they are touched
 * once.
 */
export function withinOwnGroups(input: Raw, open: readonly UnitColumn[], keys: Aggregate['keys']): Raw {
  const [key, ...more] = keys;
  const [unit, ...others] = open;
  const isOwn =
    unit !== undefined &&
    others.length === 0 &&
    more.length === 0 &&
    input.leaves.size === 1 &&
    key?.expr.kind === 'column' &&
    rootOf(input.alias, key.expr.id) === rootOf(input.alias, unit.id);
  return isOwn ? { ...input, units: input.units.map((one) => ({ ...one, others: NO_CHANGES })) } : input;
}
