import { placeOf } from '../../errors.ts';
import type { AggregateCall, ColumnId, Expr, Rel } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { columnsIn, partsOf } from '../plan-walk.ts';
import { isInner } from './join-set.ts';
import type { LookThrough } from './look-through.ts';
import { asRaw, overRoots, type Raw, rootOf } from './raw.ts';
import { constructRefused } from './refusals.ts';

/**
 * Public rows beside protected ones, as one side of a join. What the asker makes of them is looked through like what is
 * made of protected columns: `CASE r WHEN 99 THEN 2 ELSE 1 END`, joined by `age = r`, is a condition on the age. `once`:
 * one row of the other side meets at most one of them. `byPublic`: they are joined by public columns of it.
 */
export function publicSide(rel: Rel, { once, byPublic }: { readonly once: boolean; readonly byPublic: boolean }): Raw {
  const made = makingOf(rel);
  const known = { alias: made.alias, definitions: made.definitions };
  const isPublic = (id: ColumnId) => columnsIn(overRoots(refOf(rel, id), known)).every((one) => made.stored.has(one));
  const ids = columnsOf(rel).map(({ id }) => id);
  const roots = [...new Set([...ids.map((id) => rootOf(made.alias, id)), ...made.stored])];
  return {
    ...asRaw(rel),
    ...known,
    open: new Map(
      roots.filter((id) => !once || byPublic || made.stored.has(id)).map((id) => [id, once ? 'once' : 'repeated']),
    ),
    written: new Set(ids.filter((id) => !isPublic(id)).map((id) => rootOf(made.alias, id))),
  };
}

interface Making {
  /** Columns of public tables as they are. */
  readonly stored: Set<ColumnId>;
  readonly alias: Map<ColumnId, ColumnId>;
  readonly definitions: Map<ColumnId, Expr>;
}

/** What columns are made of, as far as rows are only kept, left out, renamed and computed with. */
function makingOf(rel: Rel): Making {
  switch (rel.kind) {
    case 'scan': {
      const ids = rel.source.kind === 'table' ? rel.columns.map(({ id }) => id) : [];
      return { stored: new Set(ids), alias: new Map(), definitions: new Map() };
    }
    case 'filter':
    case 'sort':
    case 'limit':
      return makingOf(rel.input);
    case 'project':
    case 'aggregate': {
      const made = makingOf(rel.input);
      for (const { id, expr } of rel.kind === 'project' ? rel.columns : rel.keys) {
        if (expr.kind !== 'column') made.definitions.set(id, expr);
        else if (expr.id !== id) made.alias.set(id, expr.id);
      }
      return made;
    }
    case 'values':
      return { stored: new Set(), alias: new Map(), definitions: constantsOf(rel) };
    case 'join': {
      // Where a side may be missing, the asker decides where.
      const made = [
        ...(rel.join === 'right' || rel.join === 'full' ? [] : [makingOf(rel.left)]),
        ...(rel.join === 'right' || isInner(rel) ? [makingOf(rel.right)] : []),
      ];
      return {
        stored: new Set(made.flatMap(({ stored }) => [...stored])),
        alias: new Map(made.flatMap(({ alias }) => [...alias])),
        definitions: new Map(made.flatMap(({ definitions }) => [...definitions])),
      };
    }
    default:
      return { stored: new Set(), alias: new Map(), definitions: new Map() };
  }
}

/** One written row is as good as the constants in it. */
function constantsOf({ rows, columns }: Extract<Rel, { kind: 'values' }>): Map<ColumnId, Expr> {
  const [row, ...more] = rows;
  return new Map(row === undefined || more.length > 0 ? [] : columns.map(({ id }, position) => [id, row[position]!]));
}

function refOf(rel: Rel, id: ColumnId): Expr {
  const { type } = columnsOf(rel).find((column) => column.id === id)!;
  return { kind: 'column', id, type, at: null };
}

/**
 * A list that the asker made is a key, never a value: of two values that it has for two people, a sum or whether they
 * are there tells who is who.
 * @throws AppError POLICY_CONSTRUCT_REFUSED
 */
export function checkValues(
  call: Pick<AggregateCall, 'fn' | 'args' | 'filter' | 'at'>,
  raw: Raw,
  through: LookThrough,
  text: string,
): void {
  const filter = call.filter === null ? [] : nullTested(through.expand(call.filter));
  const read = [...call.args.map(through.expand).flatMap(valuesIn), ...filter].map((id) => rootOf(raw.alias, id));
  if (!read.some((id) => raw.written.has(id) || raw.definitions.has(id))) return;
  throw constructRefused(
    `value of a list made by the query inside ${call.fn}()`,
    'CASE over the column that the list is joined by, or a column of a public table',
    placeOf(text, call.at),
  );
}

/** Columns whose values, or whose being there, reach a result: not those that only conditions read. */
function valuesIn(expr: Expr): readonly ColumnId[] {
  if (expr.kind === 'column') return [expr.id];
  if (expr.type.kind === 'boolean') return nullTested(expr);
  if (expr.kind !== 'case') return partsOf(expr).flatMap(valuesIn);
  const { whens, otherwise } = expr;
  return [...whens.flatMap(({ when, then }) => [...nullTested(when), ...valuesIn(then)]), ...valuesIn(otherwise)];
}

function nullTested(expr: Expr): readonly ColumnId[] {
  const tests = expr.kind === 'call' && (expr.fn === 'is_null' || expr.fn === 'is_not_null');
  return tests ? expr.args.flatMap(columnsIn) : partsOf(expr).flatMap(nullTested);
}
