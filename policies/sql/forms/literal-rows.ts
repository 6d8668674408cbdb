import { isNode, type SyntaxNode } from '../syntax-node.ts';
import { integerOf, listOf, nodesOf, type SyntaxBuilder, syntaxBuilder, textOf } from './syntax-build.ts';

/**
 * Table functions over literals as the rows that they make: `unnest(['a', 'b'])`, `range(0, 5)`, `generate_series(DATE '2024-01-01',
 * DATE '2024-12-01', INTERVAL 1 MONTH)`. null for any other.
 */
export function literalRows(node: SyntaxNode): SyntaxNode | null {
  const call = isNode(node['function']) ? node['function'] : {};
  const args = nodesOf(call['children']);
  const make = syntaxBuilder(node['query_location']);
  const name = String(call['function_name']).toLowerCase();
  const values = name === 'unnest' && args.length === 1 ? listed(args[0]!, make) : seriesOf(name, args, make);
  if (values === null || values.length === 0 || node['with_ordinality'] !== 'WITHOUT_ORDINALITY') return null;
  const named = nodesOfNames(node['column_name_alias']);
  return {
    ...{ type: 'EXPRESSION_LIST', alias: node['alias'] || name, sample: node['sample'] },
    ...{ query_location: node['query_location'], expected_names: [], expected_types: [] },
    values: values.map((value) => [value]),
    column_name_alias: named.length > 0 ? named : [node['alias'] === '' ? name : String(node['alias'])],
  };
}

/** A list as it is written, or as a series makes it. */
function listed(node: SyntaxNode, make: SyntaxBuilder): readonly SyntaxNode[] | null {
  return listOf(node) ?? seriesOf(String(node['function_name']).toLowerCase(), nodesOf(node['children']), make);
}

/** WHY a limit: rows travel into the plan and its hash. Longer lists belong into a registered table. */
const ROWS_MAX = 1_000;

/** `range` leaves the end out. */
function seriesOf(name: string, args: readonly SyntaxNode[], make: SyntaxBuilder): readonly SyntaxNode[] | null {
  if (name !== 'range' && name !== 'generate_series') return null;
  const isClosed = name === 'generate_series';
  const [first, second, third] = args;
  if (args.length === 0 || args.length > 3) return null;
  const numbers = args.map(integerOf);
  if (numbers.every((number) => number !== null)) {
    const [from, to, step = 1] = args.length === 1 ? [0, numbers[0]!] : (numbers as [number, number, number?]);
    return counted(from, (value) => value + step, to, step, isClosed)?.map(make.integer) ?? null;
  }
  const [from, to, step] = [dayOf(first), dayOf(second), stepOf(third)];
  if (from === null || to === null || step === null) return null;
  const days = counted(from, (day) => later(day, step), to, 1, isClosed);
  return days?.map((day) => make.cast(make.text(new Date(day).toISOString().slice(0, 10)), 'DATE')) ?? null;
}

function counted(
  from: number,
  next: (value: number) => number,
  to: number,
  step: number,
  isClosed: boolean,
): readonly number[] | null {
  if (step === 0) return null;
  const values: number[] = [];
  const isWithin = (value: number) => (isClosed && value === to) || (step > 0 ? value < to : value > to);
  for (let value = from; isWithin(value); value = next(value)) {
    if (values.length === ROWS_MAX) return null;
    values.push(value);
  }
  return values;
}

const DAY_MS = 86_400_000;

/** A day as milliseconds since 1970; null for what is no literal of a whole day. */
function dayOf(node: SyntaxNode | undefined): number | null {
  const child = isNode(node?.['child']) ? node['child'] : undefined;
  const type = isNode(node?.['cast_type']) ? node['cast_type']['id'] : null;
  const text = type === 'DATE' || type === 'TIMESTAMP' ? (textOf(child) ?? '') : '';
  const isDay = /^\d{4}-\d{2}-\d{2}(?: 00:00(?::00)?)?$/.test(text);
  const time = isDay ? Date.parse(`${text.slice(0, 10)}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text.slice(0, 10) ? null : time;
}

interface Step {
  readonly months: number;
  readonly days: number;
}

/** `INTERVAL 1 MONTH` arrives as `to_months(…1…)`, `INTERVAL '1 month'` as a cast. */
function stepOf(node: SyntaxNode | undefined): Step | null {
  const unit = /^to_(day|week|month|quarter|year)s$/.exec(String(node?.['function_name']))?.[1];
  const written = isNode(node?.['child'])
    ? /^(\d{1,3}) (day|week|month|quarter|year)s?$/i.exec(textOf(node['child']) ?? '')
    : null;
  const count = unit === undefined ? Number(written?.[1]) : innermost(nodesOf(node?.['children'])[0]);
  const months = { month: 1, quarter: 3, year: 12 }[unit ?? written?.[2]?.toLowerCase() ?? ''];
  const days = { day: 1, week: 7 }[unit ?? written?.[2]?.toLowerCase() ?? ''];
  if (count === null || !(count > 0) || (months ?? days) === undefined) return null;
  return { months: (months ?? 0) * count, days: (days ?? 0) * count };
}

/** The integer behind casts and `trunc`. */
function innermost(node: SyntaxNode | undefined): number | null {
  if (node === undefined) return null;
  const inner = isNode(node['child']) ? node['child'] : nodesOf(node['children'])[0];
  return integerOf(node) ?? innermost(inner);
}

/** A day that its month does not have is the month's last. WHY step by step: after 28 February DuckDB has 28 March. */
function later(day: number, { months, days }: Step): number {
  if (months === 0) return day + days * DAY_MS;
  const start = new Date(day);
  const [year, month] = [start.getUTCFullYear(), start.getUTCMonth() + months];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(start.getUTCDate(), last));
}

function nodesOfNames(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
