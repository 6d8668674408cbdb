import type { ColumnSchema, TableSchema } from '../../policies/table-schema.ts';
import type { StoredTable } from './sql-gateway.ts';

/**
 * A town whose table of jobs names two kinds of units: 1,800 persons in three parts, of whom two in three have a job at one of 60 firms, some two.
 * In the part `mill` everybody works at firm 0; in `full` all but three people have a job.
 */

const column = (name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema> = {}): ColumnSchema => ({
  ...{ name, title: { zh: name, en: name }, type, level: 'general-2', role: 'attribute' },
  ...more,
});
const PID = column('pid', 'text', { role: 'identifier', unit: 'person', nullable: false });
const USCC = column('uscc', 'text', { role: 'identifier', unit: 'enterprise', nullable: false });
export const PARTS = ['east', 'west', 'south', 'mill', 'full'] as const;
const SCHEMAS: readonly TableSchema[] = [
  {
    ...{ table: 'people', level: 'general-2' },
    columns: [
      { ...PID, rowsPerUnitMax: 1 },
      column('part', 'text', { role: 'dimension', level: 'general-1', values: PARTS, nullable: false }),
      column('age', 'integer'),
      column('pay', 'integer', { role: 'measure' }),
    ],
  },
  {
    ...{ table: 'job', level: 'general-2' },
    columns: [{ ...PID, rowsPerUnitMax: 2 }, USCC, column('wage', 'integer', { role: 'measure' })],
  },
  {
    ...{ table: 'firm', level: 'general-2' },
    columns: [USCC, column('trade', 'text'), column('staff', 'integer', { role: 'measure' })],
  },
];

const person = (index: number) => BigInt(10_000 + 7 * index);
const firm = (index: number) => BigInt(500_000 + 11 * index);
const FIRMS = 60;
const WIDE = 1_800;

export function workingTown(): readonly StoredTable[] {
  const people = Array.from({ length: WIDE + 300 }, (_, index) => ({
    pid: person(index),
    part: index < WIDE ? PARTS[index % 3]! : index < WIDE + 150 ? 'mill' : 'full',
    age: 18 + ((index * 13) % 60),
    pay: index % 19 === 0 ? null : 2_000 + ((index * 7_919) % 9_000),
  }));
  const jobs = people.flatMap(({ pid, part }, index) => {
    const at = (number: number) => ({ pid, uscc: firm(number), wage: 1_000 + ((index * 311) % 7_000) });
    if (part === 'mill') return index % 3 === 0 ? [] : [at(0)];
    if (part === 'full') return index < WIDE + 153 ? [] : [at(index % FIRMS)];
    if (index % 9 < 3) return [];
    const first = ((index * 7_919) >> 4) % FIRMS;
    return index % 10 === 4 ? [at(first), at((first + 17) % FIRMS)] : [at(first)];
  });
  const firms = Array.from({ length: FIRMS }, (_, index) => ({
    ...{ uscc: firm(index), trade: index % 2 === 0 ? 'a' : 'b', staff: 10 + index },
  }));
  return [people, jobs, firms].map((rows, index) => ({ schema: SCHEMAS[index]!, rows }));
}

/** What staff the firm says that `bigFirm` is about. */
export const STAFF_OF_BIG = 47;

/**
 * The town with another part `full`: fifteen persons work at one firm alone, forty there and at a small firm each, two hundred at a small firm
 * each.
 */
export function bigFirm(town: readonly StoredTable[]): readonly StoredTable[] {
  const big = firm(STAFF_OF_BIG - 10);
  const persons = Array.from({ length: 255 }, (_, index) => BigInt(900_000 + index));
  const small = (index: number) => BigInt(800_000 + 3 * index);
  const added = [
    persons.map((pid) => ({ pid, part: 'full', age: 30, pay: 5_000 })),
    persons.flatMap((pid, index) => [
      ...(index < 55 ? [{ pid, uscc: big, wage: 2_000 }] : []),
      ...(index < 15 ? [] : [{ pid, uscc: small(index), wage: 2_000 }]),
    ]),
    persons.slice(15).map((_, index) => ({ uscc: small(index + 15), trade: 'a', staff: 1_000 })),
  ];
  return town.map(({ schema, rows }, index) => ({
    schema,
    rows: [...rows.filter(({ part }) => part !== 'full'), ...added[index]!],
  }));
}
