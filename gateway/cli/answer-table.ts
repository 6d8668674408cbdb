import { z } from 'zod';
import { type TableCell, textTable } from './text-table.ts';

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** What of a result makes its table. */
export const answerTableFields = {
  columns: z.array(z.looseObject({ name: z.string() })),
  rows: z.array(z.array(cell)),
  intervals: z.record(z.string(), z.array(z.tuple([z.number(), z.number()]).nullable())),
};
const answer = z.object(answerTableFields);

/** A result's first rows as text. Beside each column with noise stands between which numbers the true one lies with 95 %. */
export function answerTable({ columns, rows, intervals }: z.output<typeof answer>, rowsMax = rows.length): string {
  const shown = columns.map(({ name }, column) => ({ name, column, within: intervals[name] ?? null }));
  const head = shown.flatMap(({ name, within }) => (within === null ? [name] : [name, '95%']));
  const lines = rows.slice(0, rowsMax).map((cells, row) =>
    shown.flatMap(({ column, within }): TableCell[] => {
      const value = cells[column] ?? null;
      return within === null ? [value] : [value, intervalText(within[row] ?? null)];
    }),
  );
  return textTable(head, lines);
}

function intervalText(ends: readonly [number, number] | null): string | null {
  return ends === null ? null : ends.map(shortened).join(' … ');
}

/** Six digits: nobody reads more of an estimate's edge. */
const shortened = (value: number): string => String(Number(value.toPrecision(6)));
