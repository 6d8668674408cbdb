import type { Aggregate, ColumnId, Project, Rel, SetOperation, Window } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { asDouble, named, ref, refTo } from '../rewrite/build.ts';
import { DOUBLE } from '../sql-type.ts';
import { Inputs, type Lifting, namedEnds, type WithEnds } from './inputs.ts';
import { endsOfExpr } from './interval-expr.ts';
import { aggregateEnds, windowEnds } from './interval-sums.ts';
import type { Wanted } from './released-ends.ts';

/** Adds ends of a noisy column to a relation; null where nothing is known of it. */
export function withEnds(rel: Rel, id: ColumnId, wanted: Wanted, lifting: Lifting): WithEnds | null {
  switch (rel.kind) {
    case 'scan':
      return lifting.read.of(rel, rel.columns.find((column) => column.id === id)!, wanted);
    case 'values':
      return null;
    case 'filter':
    case 'sort':
    case 'limit': {
      const made = withEnds(rel.input, id, wanted, lifting);
      return made === null ? null : { ...made, rel: { ...rel, input: made.rel } };
    }
    case 'project':
      return projectEnds(rel, id, wanted, lifting);
    case 'join': {
      const side = columnsOf(rel.left).some((column) => column.id === id) ? 'left' : 'right';
      const made = withEnds(rel[side], id, wanted, lifting);
      return made === null ? null : { ...made, rel: { ...rel, [side]: made.rel } };
    }
    case 'set-operation':
      return unionEnds(rel, id, wanted, lifting);
    case 'aggregate':
      return aggregateOrKeyEnds(rel, id, wanted, lifting);
    case 'window':
      return windowOrInputEnds(rel, id, wanted, lifting);
  }
}

function projectEnds(rel: Project, id: ColumnId, wanted: Wanted, lifting: Lifting): WithEnds | null {
  const inputs = new Inputs(rel.input, wanted, lifting);
  const ends = endsOfExpr(rel.columns.find((column) => column.id === id)!.expr, inputs);
  if (ends === null) return null;
  const [low, high] = namedEnds(ends, lifting.ids);
  return {
    rel: { ...rel, input: inputs.rel, columns: [...rel.columns, low, high] },
    ends: { low: ref(low.id, DOUBLE), high: ref(high.id, DOUBLE) },
  };
}

/** WHY only UNION ALL: the others compare rows, and ends would make equal ones differ. */
function unionEnds(rel: SetOperation, id: ColumnId, wanted: Wanted, lifting: Lifting): WithEnds | null {
  if (rel.op !== 'union' || !rel.all) return null;
  const at = rel.columns.findIndex((column) => column.id === id);
  const sides = [rel.left, rel.right].map((side) => sideEnds(side, at, wanted, lifting));
  const [left, right] = sides;
  if (left === null || right === null) return null;
  const [low, high] = ['low', 'high'].map((name) => ({ id: lifting.ids.next(), name, type: DOUBLE }));
  return {
    rel: { ...rel, left: left!, right: right!, columns: [...rel.columns, low!, high!] },
    ends: { low: refTo(low!), high: refTo(high!) },
  };
}

/** Exactly the side's columns, then the ends of one: sides match by position. */
function sideEnds(side: Rel, at: number, wanted: Wanted, lifting: Lifting): Rel | null {
  const columns = columnsOf(side);
  const column = columns[at]!;
  const exact = { rel: side, ends: { low: asDouble(refTo(column)), high: asDouble(refTo(column)) } };
  const made = lifting.noisy.has(column.id) ? withEnds(side, column.id, wanted, lifting) : exact;
  if (made === null) return null;
  const passed = columns.map((one) => named(one.id, one.name, refTo(one)));
  return { kind: 'project', input: made.rel, columns: [...passed, ...namedEnds(made.ends, lifting.ids)] };
}

function aggregateOrKeyEnds(rel: Aggregate, id: ColumnId, wanted: Wanted, lifting: Lifting): WithEnds | null {
  const measure = rel.measures.find((column) => column.id === id);
  return measure === undefined ? null : aggregateEnds(rel, measure, wanted, lifting);
}

function windowOrInputEnds(rel: Window, id: ColumnId, wanted: Wanted, lifting: Lifting): WithEnds | null {
  const column = rel.columns.find((one) => one.id === id);
  if (column !== undefined) return windowEnds(rel, column, wanted, lifting);
  const made = withEnds(rel.input, id, wanted, lifting);
  return made === null ? null : { ...made, rel: { ...rel, input: made.rel } };
}
