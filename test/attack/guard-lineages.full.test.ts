import { describe, expect, it } from 'vitest';
import { DEFAULT_PROFILE, type Level } from '../../policies/levels.ts';
import type { ColumnSchema, TableSchema } from '../../policies/table-schema.ts';
import { freshMemory } from '../policies/release/fresh-memory.ts';
import { openGateway, type StoredTable } from './sql-gateway.ts';

/**
 * Goal: sets that differ by one unit are near by whichever column names the unit, and whatever narrows the rows is seen.
 * Method: pairs of questions whose difference is one person, from SQL text; the control is the same pair without protection,
 * and a pair that differs by many is answered.
 */

const open = (tables: readonly StoredTable[]) => openGateway(tables, DEFAULT_PROFILE, undefined, freshMemory());

function table(
  name: string,
  level: Level,
  columns: readonly (Partial<ColumnSchema> & { name: string })[],
): TableSchema {
  return {
    table: name,
    level,
    columns: columns.map((column) => ({
      title: { zh: column.name, en: column.name },
      type: 'text',
      role: 'attribute',
      ...column,
      level,
    })),
  };
}
const person = (name: string) => ({ name, role: 'identifier', unit: 'person', nullable: false }) as const;

describe('a table that names two people in each row', () => {
  /** One patient in ward x went to twelve doctors; everybody else has few visits, to anybody. */
  const visits = (level: Level): StoredTable => ({
    schema: table('visits', level, [
      person('patient'),
      person('doctor'),
      { name: 'ward', type: 'text' },
      { name: 'fee', type: 'integer', role: 'measure', nullable: false, bounds: { min: 0, max: 100 } },
    ]),
    rowsPerUnitMax: {},
    rows: Array.from({ length: 600 }, (_, at) => ({
      patient: BigInt(at < 12 ? 1 : 1000 + (at % 90)),
      doctor: BigInt(5000 + (at % 60)),
      ward: at < 12 ? 'x' : at < 300 ? 'y' : 'z',
      fee: 10 + (at % 7),
    })),
  });
  const people: StoredTable = {
    schema: table('people', 'general-2', [person('id'), { name: 'sex' }]),
    rowsPerUnitMax: { person: 1 },
    rows: [1, ...Array.from({ length: 90 }, (_, at) => 1000 + at)].map((id) => ({ id: BigInt(id), sex: `s${id % 2}` })),
  };
  const ALL = 'SELECT count(*), sum(fee) FROM visits';

  it.each([
    ['by a condition', "SELECT count(*), sum(fee) FROM visits WHERE ward <> 'x'"],
    [
      'with the patient joined',
      "SELECT count(*), sum(fee) FROM people JOIN visits ON people.id = visits.patient WHERE ward <> 'x'",
    ],
    [
      'joined the other way',
      "SELECT count(*), sum(fee) FROM visits JOIN people ON visits.patient = people.id WHERE ward <> 'x'",
    ],
  ])('does not show one patient as the difference, %s', async (_name, sql) => {
    const gateway = await open([visits('general-2'), people]);
    expect((await gateway.raw(sql))[0]![0], 'control').toBe(588);
    expect((await gateway.ask(ALL)).rows[0]![0]).toBe(600);
    expect((await gateway.ask(sql)).rows).toEqual([[null, null]]);
  });

  it('shows what differs by many patients and many doctors', async () => {
    const gateway = await open([visits('general-2')]);
    expect((await gateway.ask(ALL)).rows[0]![0]).toBe(600);
    expect((await gateway.ask(`${ALL} WHERE ward = 'z'`)).rows[0]![0]).toBe(300);
  });

  it('gives the earlier number again in mode perturbed', async () => {
    const gateway = await open([visits('general-3')]);
    const { rows, mode } = await gateway.ask(ALL);
    expect(mode).toBe('perturbed');
    expect((await gateway.ask(`${ALL} WHERE ward <> 'x'`)).rows).toEqual(rows);
    expect((await gateway.ask(`${ALL} WHERE ward = 'z'`)).rows).not.toEqual(rows);
  });
});

describe('rows narrowed by EXISTS', () => {
  /** Worlds that differ in one visit of person 7. */
  const world = (secret: boolean): readonly StoredTable[] => [
    {
      schema: table('p', 'general-2', [person('id'), { name: 'd' }]),
      rowsPerUnitMax: { person: 1 },
      rows: Array.from({ length: 60 }, (_, at) => ({ id: BigInt(at), d: `d${at % 2}` })),
    },
    {
      schema: table('v', 'general-2', [person('id'), { name: 'x', type: 'integer' }]),
      rowsPerUnitMax: {},
      rows: Array.from({ length: 40 }, (_, at) => ({ id: BigInt(at), x: secret && at === 7 ? 99 : 1 })),
    },
  ];
  const SEEN = 'FROM p WHERE EXISTS (SELECT 1 FROM v WHERE v.id = p.id)';
  const FEW = 'FROM p WHERE EXISTS (SELECT 1 FROM v WHERE v.id = p.id AND v.x < 50)';

  it.each([
    ['side by side', `SELECT (SELECT count(*) ${SEEN}), (SELECT count(*) ${FEW})`],
    ['in a union', `SELECT 'a', count(*) ${SEEN} UNION ALL SELECT 'b', count(*) ${FEW}`],
  ])('hides alike whether one more condition leaves anybody out, %s', async (_name, sql) => {
    const [secret, ordinary] = await Promise.all([open(world(true)), open(world(false))]);
    expect(await secret.raw(sql), 'control').not.toEqual(await ordinary.raw(sql));
    expect((await secret.ask(sql)).rows).toEqual((await ordinary.ask(sql)).rows);
  });

  it('is not taken for all rows of the table', async () => {
    const { private: plan } = await (await open(world(false))).compile(`SELECT d, count(*) ${SEEN} GROUP BY d`);
    const whole = await (await open(world(false))).compile('SELECT d, count(*) FROM p GROUP BY d');
    const isWhole = ({ boundaries: [boundary] }: typeof plan) => boundary!.kind === 'cells' && boundary!.layout.isWhole;
    expect([isWhole(plan), isWhole(whole.private)]).toEqual([false, true]);
  });
});
