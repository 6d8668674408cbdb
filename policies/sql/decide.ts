import { AppError } from '../errors.ts';
import { LEVELS, type Level, MODES_BUILT, type Mode, type PolicyProfile, stricterMode } from '../levels.ts';
import { openableColumns, refuseEncryptedMisuse } from './decide/encrypted-use.ts';
import { type FlowMemo, flowOf, mergeSources, type Source, type Sources } from './decide/flow.ts';
import { refuseIdentifierMisuse, refuseIdentifierRows } from './decide/identifiers.ts';
import { placeOfSource } from './decide/places.ts';
import type { Rel } from './plan.ts';
import { columnsOf } from './plan.ts';
import type { ResolvedQuery } from './resolve.ts';
import type { SqlType } from './sql-type.ts';

/** Why a mode was chosen: a catalogue column (or a whole table, `table.*`) and its level. */
export interface Because {
  readonly column: string;
  readonly level: Level;
}

/** One column of the answer with the mode that its own sources demand. */
export interface OutputLabel {
  readonly name: string;
  readonly type: SqlType;
  readonly mode: Mode;
  readonly because: readonly Because[];
}

/** Stage `decide`: the strictest mode over everything that influences the result. */
export interface Decision {
  readonly kind: 'decision';
  readonly mode: Mode;
  readonly because: readonly Because[];
  readonly outputs: readonly OutputLabel[];
  readonly profileVersion: string;
  /** Fewest distinct units a cell may stand for, health and plan considered. */
  readonly unitsMin: number;
}

/**
 * Labels every output by information flow and picks the mode of the query: the strictest that any influence demands
 * (就高从严). `floor.unitsMin` is the plan's own threshold, which may raise the profile's but never lower it.
 * @throws AppError POLICY_IDENTIFIER_USE, POLICY_MODE_DENY, POLICY_MODE_NOT_AVAILABLE
 */
export function decide(
  resolved: ResolvedQuery,
  profile: PolicyProfile,
  floor: { readonly unitsMin: number | null },
): Decision {
  const memo: FlowMemo = new Map();
  refuseIdentifierMisuse(resolved.plan, resolved.text, memo);
  const flow = flowOf(resolved.plan, memo);
  const shown = columnsOf(resolved.plan);
  const sourcesOfOutput = shown.map(({ id }) => mergeSources([flow.columns.get(id) ?? new Map(), flow.rows]));
  const outputs = shown.map(({ name, type }, position) => {
    const sources = sourcesOfOutput[position]!;
    return Object.freeze({ name, type, mode: modeOf(sources, profile), because: reasons(sources) });
  });
  const everything = mergeSources([...sourcesOfOutput, flow.rows]);
  const mode = modeOf(everything, profile);
  refuseUnavailable(mode, everything, profile, resolved);
  if (mode === 'homomorphic') refuseUnopened(everything, profile, resolved);
  if (mode === 'rows') refuseIdentifierRows(resolved.plan, resolved.text, memo);
  return Object.freeze({
    kind: 'decision',
    mode,
    because: reasons(everything),
    outputs: Object.freeze(outputs),
    profileVersion: profile.version,
    unitsMin: unitsMinOf(everything, profile, floor.unitsMin),
  });
}

/** The strictest mode over everything that a relation's columns and rows tell. */
export function labelledMode(rel: Rel, profile: PolicyProfile): Mode {
  const flow = flowOf(rel, new Map());
  return modeOf(
    mergeSources([...columnsOf(rel).map(({ id }) => flow.columns.get(id) ?? new Map()), flow.rows]),
    profile,
  );
}

function modeOf(sources: Sources, profile: PolicyProfile): Mode {
  let mode: Mode = 'rows';
  for (const { level } of sources.values()) mode = stricterMode(mode, profile.modeOf[level]);
  return mode;
}

function reasons(sources: Sources): readonly Because[] {
  const strictness = ({ level }: Source) => LEVELS.indexOf(level);
  return Object.freeze(
    [...sources.values()]
      .sort((a, b) => strictness(b) - strictness(a) || (a.column < b.column ? -1 : 1))
      .map(({ column, level }) => Object.freeze({ column, level })),
  );
}

/** A mode that is not built is refused by its name: never served by a weaker one. */
function refuseUnavailable(mode: Mode, sources: Sources, profile: PolicyProfile, { plan, text }: ResolvedQuery): void {
  if (mode !== 'deny' && MODES_BUILT.has(mode)) return;
  const columns = reasons(sources)
    .filter(({ level }) => profile.modeOf[level] === mode)
    .map(({ column }) => column);
  const place = placeOfSource(plan, text, columns[0] ?? '');
  if (mode === 'deny') throw new AppError('POLICY_MODE_DENY', { columns }, place);
  throw new AppError('POLICY_MODE_NOT_AVAILABLE', { mode, columns }, place);
}

/**
 * What no custodian could open is refused by its name; and what stands beside encrypted columns is at most of a level whose threshold
 * is no secret, since by that threshold the custodian withholds.
 */
function refuseUnopened(sources: Sources, profile: PolicyProfile, { plan, text }: ResolvedQuery): void {
  const openable = openableColumns(plan);
  const ofMode = (mode: Mode) => reasons(sources).filter(({ level }) => profile.modeOf[level] === mode);
  const closed = ofMode('homomorphic').flatMap(({ column }) => (openable.has(column) ? [] : [column]));
  const place = placeOfSource(plan, text, closed[0] ?? '');
  if (closed.length > 0)
    throw new AppError('POLICY_MODE_NOT_AVAILABLE', { mode: 'homomorphic', columns: closed }, place);
  refuseEncryptedMisuse(plan, text);
  const [strict] = ofMode('dp');
  if (strict === undefined) return;
  const construct = `\`${strict.column}\` beside encrypted columns`;
  const accepted = 'conditions, joins and groups by columns of general-3 or less';
  throw new AppError(
    'POLICY_CONSTRUCT_REFUSED',
    { construct, mode: 'homomorphic', accepted },
    placeOfSource(plan, text, strict.column),
  );
}

function unitsMinOf(sources: Sources, profile: PolicyProfile, floor: number | null): number {
  const health = [...sources.values()].some((source) => source.health);
  return Math.max(profile.unitsMin, health ? profile.unitsMinHealth : 0, floor ?? 0);
}
