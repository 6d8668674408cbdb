import { AppError, placeOf } from '../../errors.ts';
import { isLinear, linearForm } from '../linear-form.ts';
import type { Aggregate, ColumnId, Expr, Offset, Project, Rel, ScanColumn } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { columnsIn, exprsOf, inputsOf, relsWithin } from '../plan-walk.ts';

/** Aggregates that are made of sums, or of sums and sums of squares. */
const OF_SUMS: ReadonlySet<string> = new Set([
  'sum',
  'avg',
  'count',
  'var_samp',
  'var_pop',
  'stddev_samp',
  'stddev_pop',
  'sem',
]);

const ACCEPTED = 'sum, avg, var_*, stddev_* of the column, or of columns with literal weights: sum(2 * a + b)';

/** The encrypted columns, `table.column`, whose sums a custodian can open. */
export function openableColumns(plan: Rel): ReadonlySet<string> {
  return new Set(
    relsWithin(plan).flatMap((rel) => {
      if (rel.kind !== 'scan' || rel.source.kind !== 'table' || rel.source.sealed === undefined) return [];
      const { table } = rel.source;
      return rel.columns.flatMap(({ column, sealed }) => (sealed === undefined ? [] : [`${table}.${column}`]));
    }),
  );
}

/**
 * Encrypted columns are added up and nothing else: what they hold cannot be compared, ordered or looked at, here or anywhere.
 * @throws AppError POLICY_CONSTRUCT_REFUSED, with the reason and what would be accepted
 */
export function refuseEncryptedMisuse(plan: Rel, text: string): void {
  const shown = encryptedIn(plan, text);
  if (columnsOf(plan).some(({ id }) => shown.has(id))) throw refused('rows of an encrypted column', null, text);
}

type Encrypted = ReadonlyMap<ColumnId, ScanColumn | null>;

/** The columns of a relation that are encrypted, by what they were stored as; null for what was computed of them. */
function encryptedIn(rel: Rel, text: string): Encrypted {
  const below: Encrypted = new Map(inputsOf(rel).flatMap((input) => [...encryptedIn(input, text)]));
  switch (rel.kind) {
    case 'scan':
      return new Map(
        rel.columns.flatMap((column) => (column.sealed === undefined ? [] : [[column.id, column] as const])),
      );
    case 'project':
      return new Map(rel.columns.flatMap((one) => projected(one, below, text)));
    case 'aggregate':
      checkAggregate(rel, below, text);
      return new Map();
    case 'set-operation':
      if (inputsOf(rel).some((input) => columnsOf(input).some(({ id }) => below.has(id))))
        throw refused(`${rel.op.toUpperCase()} of encrypted columns`, rel.at ?? null, text);
      return new Map();
    default:
      for (const expr of exprsOf(rel)) checkAbsent(expr, below, PLACES[rel.kind] ?? PLACES.filter, text);
      return below;
  }
}

const PLACES: Partial<Record<Rel['kind'], string>> & { readonly filter: string } = {
  filter: 'a condition on an encrypted column',
  join: 'a join on an encrypted column',
  sort: 'an order by an encrypted column',
  window: 'a window over an encrypted column',
};

function projected(
  { id, expr }: Project['columns'][number],
  below: Encrypted,
  text: string,
): readonly (readonly [ColumnId, ScanColumn | null])[] {
  if (!columnsIn(expr).some((read) => below.has(read))) return [];
  if (expr.kind === 'column') return [[id, below.get(expr.id) ?? null]];
  checkLinear(expr, below, text);
  return [[id, null]];
}

function checkAggregate({ keys, measures }: Aggregate, below: Encrypted, text: string): void {
  for (const { expr } of keys) checkAbsent(expr, below, 'a group by an encrypted column', text);
  for (const { call } of measures) {
    const { fn, args, filter, distinct, at } = call;
    if (filter !== null) checkAbsent(filter, below, 'a condition on an encrypted column', text);
    if (!args.some((arg) => columnsIn(arg).some((id) => below.has(id)))) continue;
    if (distinct) throw refused('DISTINCT of an encrypted column', at, text);
    if (!OF_SUMS.has(fn))
      throw new AppError(
        'POLICY_AGGREGATE_REFUSED',
        { function: fn, mode: 'homomorphic', accepted: ACCEPTED },
        placeOf(text, at),
      );
    for (const arg of args) checkLinear(arg, below, text);
  }
}

function checkLinear(expr: Expr, below: Encrypted, text: string): void {
  const form = linearForm(expr, (id) => below.has(id));
  if (!isLinear(form)) throw refused(form.construct, form.at ?? expr.at, text);
}

function checkAbsent(expr: Expr, below: Encrypted, use: string, text: string): void {
  const read = columnsIn(expr).find((id) => below.has(id));
  if (read !== undefined) throw refused(use, expr.at, text);
}

function refused(construct: string, at: Offset, text: string): AppError {
  return new AppError(
    'POLICY_CONSTRUCT_REFUSED',
    { construct, mode: 'homomorphic', accepted: ACCEPTED },
    placeOf(text, at),
  );
}
