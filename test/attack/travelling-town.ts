import type { TableSchema } from '../../policies/table-schema.ts';
import type { StoredTable } from './sql-gateway.ts';
import { bigFirm, workingTown } from './working-town.ts';

const title = (name: string) => ({ zh: name, en: name });
const TRIP: TableSchema = {
  ...{ table: 'trip', level: 'general-2' },
  columns: [
    {
      ...{ name: 'pid', title: title('pid'), type: 'text', level: 'general-2' },
      ...{ role: 'identifier', unit: 'person', nullable: false },
    },
    {
      ...{ name: 'line', title: title('line'), type: 'text', level: 'general-1', role: 'dimension' },
      ...{ values: ['red', 'blue', 'green'], nullable: false },
    },
    { name: 'day', title: title('day'), type: 'integer', level: 'general-2', role: 'attribute' },
    { name: 'minutes', title: title('minutes'), type: 'integer', level: 'general-2', role: 'measure' },
  ],
};

/** What only one person's only job pays, at a small firm. */
export const ODD_WAGE = 3_333;

/**
 * The town with one big firm (working-town.ts), thirty people of the part `full` out of work, one person whose wage nobody else has, and up to six trips a
 * person; those of the part `full` on `red`.
 */
export function travellingTown(): readonly StoredTable[] {
  const [people, job, firm] = bigFirm(workingTown()) as [StoredTable, StoredTable, StoredTable];
  const full = people.rows.flatMap(({ pid, part }) => (part === 'full' ? [pid] : []));
  const odd = full.at(-1);
  const without = new Set(full.slice(200, 230));
  const trips = people.rows.flatMap(({ pid = null, part }, index) =>
    Array.from({ length: 1 + (index % 6) }, (_, day) => ({
      ...{ pid, day, minutes: 5 + ((index * 31 + day * 17) % 50) },
      line: part === 'full' ? 'red' : ['blue', 'green'][(index + day) % 2]!,
    })),
  );
  const jobs = job.rows.flatMap(({ pid = null, ...row }) =>
    without.has(pid) ? [] : [{ pid, ...row, ...(pid === odd ? { wage: ODD_WAGE } : {}) }],
  );
  return [people, { ...job, rows: jobs }, firm, { schema: TRIP, rows: trips }];
}
