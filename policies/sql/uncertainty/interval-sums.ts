import type { Aggregate, ColumnId, Expr, NamedAggregate, NamedWindow, Rel, Window } from '../plan.ts';
import {
  aggregateCall,
  and,
  asDouble,
  call,
  choose,
  divide,
  double,
  equals,
  literal,
  multiply,
  namedAggregate,
  ref,
} from '../rewrite/build.ts';
import { DOUBLE, INTEGER } from '../sql-type.ts';
import { addEnds, Inputs, type Lifting, type WithEnds } from './inputs.ts';
import { endsOfExpr } from './interval-expr.ts';
import { allRowsStand, readsNoise } from './noisy-columns.ts';
import type { Wanted } from './released-ends.ts';

/** An aggregate over rows, as GROUP BY and OVER alike evaluate it: adds one call, and gives back the column that has it. */
interface Gathering {
  readonly fn: string;
  readonly arg: Expr;
  readonly own: Expr;
  /** Whether public values alone decide which rows belong together. */
  readonly isPublic: boolean;
  readonly add: (fn: string, arg: Expr) => Expr;
}

/** Sums, means and extremes over released groups, as GROUP BY above the release makes them. */
export function aggregateEnds(
  rel: Aggregate,
  { id, call: { fn, args, distinct, filter, type } }: NamedAggregate,
  wanted: Wanted,
  lifting: Lifting,
): WithEnds | null {
  const [arg, ...others] = args;
  const isFiltered = filter !== null && readsNoise(filter, lifting.noisy);
  if (arg === undefined || others.length > 0 || distinct || isFiltered) return null;
  const measures = [...rel.measures];
  const gathering: Gathering = {
    fn,
    arg,
    own: ref(id, type),
    isPublic: !rel.keys.some(({ expr }) => readsNoise(expr, lifting.noisy)),
    add(name, of) {
      const made = lifting.ids.next();
      const result = name === 'count' ? INTEGER : DOUBLE;
      const filters = filter === null ? [] : [filter];
      measures.push(namedAggregate(made, name, aggregateCall(name, { args: [of], type: result, filter: filters })));
      return ref(made, result);
    },
  };
  const made = gatheredEnds(rel.input, gathering, wanted, lifting);
  return made === null ? null : addEnds({ ...rel, input: made.rel, measures }, made.ends, lifting);
}

/** The same over a window; and the values of other rows. */
export function windowEnds(
  rel: Window,
  { id, call: own }: NamedWindow,
  wanted: Wanted,
  lifting: Lifting,
): WithEnds | null {
  const [arg, ...rest] = own.args;
  if (arg === undefined || own.ignoreNulls === true) return null;
  const isPublic = ![...own.partitionBy, ...own.orderBy.map(({ expr }) => expr)].some((expr) =>
    readsNoise(expr, lifting.noisy),
  );
  const columns: NamedWindow[] = [...rel.columns];
  const add = (fn: string, args: readonly Expr[]): Expr => {
    const made = lifting.ids.next();
    const type = fn === 'count' ? INTEGER : DOUBLE;
    columns.push({ id: made, name: fn, call: { ...own, fn, args, type } });
    return ref(made, type);
  };
  const made = OTHER_ROWS.has(own.fn)
    ? otherRowEnds(rel.input, [arg, ...rest], isPublic ? wanted : { ...wanted, rows: 'all' }, lifting, (args) =>
        add(own.fn, args),
      )
    : gatheredEnds(
        rel.input,
        { fn: own.fn, arg, own: ref(id, own.type), isPublic, add: (fn, of) => add(fn, [of]) },
        wanted,
        lifting,
      );
  return made === null ? null : addEnds({ ...rel, input: made.rel, columns }, made.ends, lifting);
}

const OTHER_ROWS: ReadonlySet<string> = new Set(['lag', 'lead', 'first_value', 'last_value', 'nth_value']);

function otherRowEnds(
  input: Rel,
  [arg, offset, otherwise]: readonly Expr[],
  wanted: Wanted,
  lifting: Lifting,
  add: (args: readonly Expr[]) => Expr,
): WithEnds | null {
  const inputs = new Inputs(input, wanted, lifting);
  if (wanted.tail !== 'normal' || [offset, otherwise].some((one) => one !== undefined && inputs.isNoisy(one)))
    return null;
  const ends = endsOfExpr(arg!, inputs);
  if (ends === null) return null;
  const further = [
    ...(offset === undefined ? [] : [offset]),
    ...(otherwise === undefined ? [] : [asDouble(otherwise)]),
  ];
  return { rel: inputs.rel, ends: { low: add([ends.low, ...further]), high: add([ends.high, ...further]) } };
}

function gatheredEnds(input: Rel, gathering: Gathering, wanted: Wanted, lifting: Lifting): WithEnds | null {
  if (wanted.tail !== 'normal' || !['sum', 'avg', 'min', 'max'].includes(gathering.fn)) return null;
  return addedNoise(input, gathering, wanted, lifting) ?? eachWithin(input, gathering, lifting);
}

/**
 * A sum or mean of released sums over rows that no noise chose: independent noises add up by their variances, and their sum is one draw.
 * Source: Canonne, Kamath and Steinke 2020, Corollary 17: a sum of independent discrete Gaussians is sub-Gaussian of the added variances.
 */
function addedNoise(
  input: Rel,
  { fn, arg, own, isPublic, add }: Gathering,
  wanted: Wanted,
  lifting: Lifting,
): WithEnds | null {
  const summed =
    isPublic && (fn === 'sum' || fn === 'avg') && arg.kind === 'column' && isReleasedSum(input, arg.id, lifting);
  if (!summed) return null;
  const inputs = new Inputs(input, { ...wanted, tail: 'sub-gaussian' }, lifting);
  const ends = endsOfExpr(arg, inputs);
  if (ends === null) return null;
  const { low, high } = ends;
  const half = call('divide', [call('subtract', [high, low], DOUBLE), double(2)], DOUBLE);
  const spread = call('sqrt', [add('sum', multiply(half, half))], DOUBLE);
  const away = fn === 'sum' ? spread : divide(spread, asDouble(add('count', arg)));
  return {
    rel: inputs.rel,
    ends: {
      low: call('subtract', [asDouble(own), away], DOUBLE),
      high: call('add', [asDouble(own), away], DOUBLE),
    },
  };
}

/** Whether each row of a relation has another draw of the same sum, and noise decides on no row. */
function isReleasedSum(rel: Rel, id: ColumnId, lifting: Lifting): boolean {
  if (!allRowsStand(rel, lifting.noisy)) return false;
  switch (rel.kind) {
    case 'scan': {
      const boundary = rel.source.kind === 'released' ? lifting.boundaries[rel.source.boundary] : undefined;
      const column = rel.columns.find((one) => one.id === id);
      if ((boundary?.kind !== 'private' && boundary?.kind !== 'sealed') || column === undefined) return false;
      const value = boundary.layout.values[Number(column.column.slice(1)) - boundary.layout.keys.length];
      return value?.kind === 'number' && value.rule === 'sum';
    }
    case 'project': {
      const expr = rel.columns.find((column) => column.id === id)?.expr;
      return expr?.kind === 'column' && isReleasedSum(rel.input, expr.id, lifting);
    }
    case 'filter':
    case 'sort':
    case 'window':
      return isReleasedSum(rel.input, id, lifting);
    default:
      return false; // a join may repeat a row, and with it its noise
  }
}

/** Everything else: all rows lie within their ends at once, whichever of them belong together. */
function eachWithin(input: Rel, { fn, arg, add }: Gathering, lifting: Lifting): WithEnds | null {
  const inputs = new Inputs(input, { tail: 'normal', rows: 'all' }, lifting);
  const ends = endsOfExpr(arg, inputs);
  if (ends === null) return null;
  const rows = add('count', arg);
  const known = and([ends.low, ends.high].map((end) => equals(add('count', end), rows)));
  const of = (end: Expr): Expr => choose(known, add(fn, end), NOTHING);
  return { rel: inputs.rel, ends: { low: of(ends.low), high: of(ends.high) } };
}

const NOTHING = literal(null, DOUBLE);
