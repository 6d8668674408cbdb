import { AppError, placeOf, type SourcePlace } from '../../errors.ts';
import type { Mode, PolicyProfile } from '../../levels.ts';
import { placeOfOutput, placeOfSource } from '../decide/places.ts';
import type { Decision } from '../decide.ts';
import type { ResolvedQuery } from '../resolve.ts';
import type { Leaf } from './raw.ts';

export function rowsRefused({ plan, text }: ResolvedQuery, decision: Decision, profile: PolicyProfile): AppError {
  const columns = decision.because.filter(({ level }) => profile.modeOf[level] !== 'rows').map(({ column }) => column);
  const place =
    placeOfOutput(plan, text, (position) => decision.outputs[position]?.mode !== 'rows') ??
    placeOfSource(plan, text, columns[0] ?? '');
  return new AppError('POLICY_ROWS_REFUSED', { mode: decision.mode, columns }, place);
}

export function constructRefused(
  construct: string,
  accepted: string,
  place: SourcePlace | null,
  mode: Mode = 'aggregate',
): AppError {
  return new AppError('POLICY_CONSTRUCT_REFUSED', { construct, mode, accepted }, place);
}

/** Says which join would tell whose the rows are. */
export function unitMissing(leaf: Leaf, text: string): AppError {
  const keys = leaf.identifiers.map((column) => `\`${column}\``).join(' or ');
  const accepted =
    keys === ''
      ? 'columns of level general-1 only'
      : `a join on ${keys} with a table that names a person, enterprise, household or institution`;
  return new AppError('POLICY_UNIT_MISSING', { table: leaf.table, accepted }, placeOf(text, leaf.at));
}
