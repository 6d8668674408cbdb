import type { AnswerLie, IngestLie, Lie } from './steps.ts';

/** An answer of a query worker, as it comes over the channel. */
interface Answer {
  readonly table: {
    readonly columns: readonly { readonly name: string; readonly type: { readonly kind: string } }[];
    readonly values: readonly (readonly unknown[])[];
    readonly rowCount: number;
  };
}

/** Each is well-formed by itself, so that only who knows what was asked can tell. */
const LIES: Readonly<Record<AnswerLie, (table: Answer['table']) => Answer['table'] | null>> = {
  'fewer columns': ({ columns, values, rowCount }) => ({
    columns: columns.slice(0, -1),
    values: values.slice(0, -1),
    rowCount,
  }),
  'more columns': ({ columns, values, rowCount }) => ({
    columns: [...columns, ...columns.slice(0, 1)],
    values: [...values, ...values.slice(0, 1)],
    rowCount,
  }),
  'no rows': ({ columns }) => ({ columns, values: columns.map(() => []), rowCount: 0 }),
  'a row twice': ({ columns, values, rowCount }) => ({
    columns,
    values: values.map((cells) => [...cells, ...cells.slice(0, 1)]),
    rowCount: rowCount + Math.min(1, rowCount),
  }),
  'other types': ({ columns, values, rowCount }) => ({
    columns: columns.map(({ name }) => ({ name, type: { kind: 'text' } })),
    values: values.map((cells) => cells.map((cell) => (cell === null ? null : String(cell)))),
    rowCount,
  }),
  'other names': ({ columns, values, rowCount }) => ({
    columns: columns.map(({ name, type }) => ({ name: `${name}_`, type })),
    values,
    rowCount,
  }),
  'numbers that cannot be': ({ columns, values, rowCount }) => ({
    columns,
    values: values.map((cells) => cells.map((cell) => (typeof cell === 'bigint' ? -(2n ** 62n) : cell))),
    rowCount,
  }),
  nothing: () => null,
};

/** What an ingest worker says of a segment that it closed. */
interface Closed {
  readonly rows: number;
  readonly file: string;
  readonly units: readonly object[];
}

const OF_SEGMENTS: Readonly<Record<IngestLie, (outcome: Closed) => Closed>> = {
  'rows that nobody sent': (outcome) => ({ ...outcome, rows: outcome.rows + 1 }),
  'fewer rows': (outcome) => ({ ...outcome, rows: outcome.rows - 1 }),
  'a file of the gateway': (outcome) => ({ ...outcome, file: '../../../../home/keys/log.key' }),
  'no unit has two rows': (outcome) => ({
    ...outcome,
    units: outcome.units.map((unit) => ({ ...unit, rowsMax: 1, distinct: 1 })),
  }),
  'a run of another column': (outcome) => ({
    ...outcome,
    units: outcome.units.map((unit) => ({ ...unit, column: 'remark' })),
  }),
};
const isOfSegments = (lie: Lie): lie is IngestLie => lie in OF_SEGMENTS;

/** Null where the message is none that the lie is about. */
export function tellLie(lie: Lie, message: object): unknown {
  if (isOfSegments(lie)) {
    const isClosed = 'kind' in message && message.kind === 'sealed' && 'outcome' in message;
    return isClosed ? { ...message, outcome: OF_SEGMENTS[lie](message.outcome as Closed) } : null;
  }
  const isAnswer = 'table' in message && message.table !== null;
  return isAnswer ? { ...message, table: LIES[lie]((message as Answer).table) } : null;
}
