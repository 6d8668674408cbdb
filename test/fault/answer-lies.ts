import type { AnswerLie } from './steps.ts';

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

export function tellLie(lie: AnswerLie, message: object): unknown {
  return { ...message, table: LIES[lie]((message as Answer).table) };
}
