import { AppError, type SourcePlace } from '../../errors.ts';
import type { PolicyProfile } from '../../levels.ts';
import type { Decision } from '../decide.ts';

export function rowsRefused(decision: Decision, profile: PolicyProfile): AppError {
  const columns = decision.because.filter(({ level }) => profile.modeOf[level] !== 'rows').map(({ column }) => column);
  return new AppError('POLICY_ROWS_REFUSED', { mode: decision.mode, columns });
}

export function constructRefused(construct: string, accepted: string, place: SourcePlace | null = null): AppError {
  return new AppError('POLICY_CONSTRUCT_REFUSED', { construct, mode: 'aggregate', accepted }, place);
}

/** Says which join would tell whose the rows are. */
export function unitMissing(leaf: { readonly table: string; readonly identifiers: readonly string[] }): AppError {
  const keys = leaf.identifiers.map((column) => `\`${column}\``).join(' or ');
  const accepted =
    keys === ''
      ? 'columns of level general-1 only'
      : `a join on ${keys} with a table that names a person, enterprise, household or institution`;
  return new AppError('POLICY_UNIT_MISSING', { table: leaf.table, accepted });
}
