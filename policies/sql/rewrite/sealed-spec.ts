import { placeOf, type SourcePlace } from '../../errors.ts';
import type { PrivacyLimits } from '../../levels.ts';
import type { Aggregate, Join, NamedExpr, Offset, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { inputsOf } from '../plan-walk.ts';
import type { Cutter } from './cutter.ts';
import { type PublicDomain, publicDomain } from './domain.ts';
import { equalSides, meetsOnce } from './join-rules.ts';
import { type LookThrough, lookThrough } from './look-through.ts';
import { rowFacts } from './private-spec.ts';
import { publicList } from './public-list.ts';
import { checkValues } from './public-side.ts';
import { type Raw, rootOf, type SealedRows } from './raw.ts';
import { constructRefused } from './refusals.ts';
import { type SealedFacts, type SealedMeasure, sealedMeasure } from './sealed-measures.ts';

/** What an aggregation over rows with encrypted columns asks of the custodian. */
export interface SealedSpec {
  readonly raw: Raw;
  readonly sealed: SealedRows;
  readonly keys: readonly NamedExpr[];
  readonly measures: readonly SealedMeasure[];
  readonly domain: PublicDomain | null;
  readonly unitsMin: number;
  readonly limits: PrivacyLimits;
  readonly through: Pick<LookThrough, 'text'>;
  readonly place: SourcePlace | null;
}

/** @throws AppError POLICY_CONSTRUCT_REFUSED, POLICY_AGGREGATE_REFUSED for what nobody could open */
export function sealedSpec(aggregate: Aggregate, raw: Raw, cutter: Cutter): SealedSpec {
  const { profile, decision, ids, text } = cutter;
  const { sealed } = raw;
  const place = placeOf(text, aggregate.at ?? null);
  if (sealed === null)
    throw constructRefused(NO_CIPHERTEXT, 'the aggregate in a query of its own', place, 'homomorphic');
  checkOnce(raw.rel, sealed, text);
  const through = lookThrough(raw);
  const plain = rowFacts(raw, through.isFilled);
  const facts: SealedFacts = { ...plain, ...sealedColumns(raw, sealed), text };
  return {
    raw,
    sealed,
    keys: aggregate.keys,
    measures: aggregate.measures.map(({ call }) => {
      checkValues(call, raw, through, text);
      return sealedMeasure({ ...call, args: call.args.map(through.expand) }, facts);
    }),
    domain: publicDomain(raw, aggregate.keys, profile.cellsMax, ids, (key) => publicList(key, raw, facts)),
    unitsMin: decision.unitsMin,
    limits: profile.privacy,
    through,
    place,
  };
}

const NO_CIPHERTEXT = 'an aggregate without encrypted columns, or per unit, beside one with them';

function sealedColumns(
  raw: Raw,
  { stored, sealedRows }: SealedRows,
): Pick<SealedFacts, 'sealedOf' | 'sealedNamed' | 'sealedRows'> {
  return {
    sealedRows,
    sealedOf: (id) => {
      const column = stored.get(rootOf(raw.alias, id));
      return column?.sealed === undefined ? null : { name: column.column, sealed: column.sealed };
    },
    sealedNamed: (name) => [...stored.values()].find(({ column }) => column === name)!.sealed!,
  };
}

// ── Each encrypted row once ──────────────────────────────────────────────────────────────────────────────────────

/**
 * A custodian opens sums over sets of rows, and in a set a row stands once. So each join must be one in which a row meets at most one
 * other: proved by declarations, since whether it does in fact would be a fact of the data.
 * @throws AppError POLICY_CONSTRUCT_REFUSED
 */
function checkOnce(rel: Rel, sealed: SealedRows, text: string): void {
  for (const input of inputsOf(rel)) if (holdsRows(input, sealed)) checkOnce(input, sealed, text);
  if (rel.kind !== 'join' || rel.join === 'semi' || rel.join === 'anti') return;
  const isLeft = holdsRows(rel.left, sealed);
  const other = isLeft ? rel.right : rel.left;
  const isKept = rel.join === 'inner' || rel.join === 'cross' || rel.join === (isLeft ? 'left' : 'right');
  if (isKept && (meetsOnce(rel, other) || isNamedOnce(rel, other))) return;
  throw repeated(rel.at ?? null, text);
}

function repeated(at: Offset, text: string) {
  const construct = 'a join that may repeat or leave open rows with encrypted columns';
  const accepted =
    'IN (SELECT …), a table that declares `rowsPerUnitMax` 1 for the identifier, or a subquery grouped by the join columns';
  return constructRefused(construct, accepted, placeOf(text, at), 'homomorphic');
}

/** Whether the relation gives out rows of the encrypted table. */
function holdsRows(rel: Rel, { stored }: SealedRows): boolean {
  if (rel.kind === 'scan') return rel.columns.some(({ id }) => stored.has(id));
  if (rel.kind === 'join' && (rel.join === 'semi' || rel.join === 'anti'))
    return holdsRows(rel.left, { stored } as SealedRows);
  return inputsOf(rel).some((input) => holdsRows(input, { stored } as SealedRows));
}

/** Whether the join is on an identifier of which the other side, a stored table, has one row each as declared. */
function isNamedOnce(join: Join, other: Rel): boolean {
  const own = new Set(columnsOf(other).map(({ id }) => id));
  return equalSides(join).some((sides) =>
    sides.some((side) => side.kind === 'column' && own.has(side.id) && isDeclaredOnce(other, side.id)),
  );
}

function isDeclaredOnce(rel: Rel, id: number): boolean {
  switch (rel.kind) {
    case 'scan':
      return rel.columns.some((column) => column.id === id && column.unitRowsMax === 1);
    case 'project': {
      const expr = rel.columns.find((column) => column.id === id)?.expr;
      return expr?.kind === 'column' && isDeclaredOnce(rel.input, expr.id);
    }
    case 'filter':
      return isDeclaredOnce(rel.input, id);
    default:
      return false;
  }
}
