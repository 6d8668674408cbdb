import { beforeAll, describe, expect, it } from 'vitest';
import type { TableSchema } from '../../policies/table-schema.ts';
import { openGateway, type SqlGateway, type StoredTable } from './sql-gateway.ts';
import { bigFirm, STAFF_OF_BIG, workingTown } from './working-town.ts';

/**
 * Goal: values of persons over the rows of several firms (or of firms over several persons) tell nothing of one firm. Attack: persons are kept, or put
 * in groups, by a value that one firm decides: the largest, a sum of what no other pays, whether any row meets a condition. The rows of the persons are of
 * many firms, where they work besides, so that every threshold is met. WHY it is here: the number of the firm's staff was told, and by whether a group was
 * there at all, what the firm had said of itself. Control: the same gateway with a bound declared that does not hold.
 */
const FIRM = `staff = ${STAFF_OF_BIG}`;
const JOBS = 'people p JOIN job j USING (pid) JOIN firm f USING (uscc)';
const perPerson = (value: string, where = 'true') =>
  `SELECT pid, ${value} AS v FROM ${JOBS} WHERE part = 'full' AND ${where} GROUP BY pid`;
const ASKED: Readonly<Record<string, string>> = {
  'the largest': `SELECT count(*) FROM (${perPerson('max(j.wage)')}) WHERE v = 9000`,
  'by HAVING': `SELECT count(*) FROM (${perPerson('count(*)')} HAVING max(j.wage) = 9000)`,
  'different persons': `SELECT count(DISTINCT pid) FROM (${perPerson('max(j.wage)')}) WHERE v = 9000`,
  'a sum of what no other pays': `SELECT count(*) FROM (${perPerson('sum(j.wage)')}) WHERE v > 8500`,
  'a mean': `SELECT count(*) FROM (${perPerson('avg(j.wage)')}) WHERE v > 3000`,
  'a key': `SELECT v, count(*) FROM (${perPerson('max(j.wage)')}) GROUP BY v ORDER BY v`,
  'a key of a condition': `SELECT v > 0 AS k FROM (${perPerson(`count_if(${FIRM})`)}) GROUP BY k ORDER BY k`,
  'who is there': `SELECT part FROM people JOIN (${perPerson(`count(*) FILTER (WHERE ${FIRM})`)}) x USING (pid) WHERE v > 0 GROUP BY part`,
  'a condition of a value': `SELECT count(*) FILTER (WHERE v = 9000) FROM (${perPerson('max(j.wage)')})`,
  'a CASE': `SELECT sum(CASE WHEN v = 9000 THEN 1 ELSE 0 END) FROM (${perPerson('max(j.wage)')})`,
  'a computed column': `SELECT count(*) FROM (SELECT pid, v - 9000 AS w FROM (${perPerson('max(j.wage)')}) a) b WHERE w = 0`,
  'distinct values': `SELECT count(DISTINCT v) FROM (${perPerson('max(j.wage)')})`,
  'different parts': `SELECT count(DISTINCT part) FROM people JOIN (${perPerson('max(j.wage)')}) x USING (pid) WHERE v = 9000`,
  'with others': `SELECT count(*) FROM people JOIN (${perPerson('max(j.wage)')}) x USING (pid) WHERE v = 9000 OR age < 30`,
  'a list': `SELECT count(*) FROM people WHERE pid IN (SELECT pid FROM (${perPerson('max(j.wage)')}) a WHERE v = 9000)`,
};

/** Sixty persons of the part `full` work at the firm for what nobody else pays, and at three others each. */
function townOf({ declared }: { readonly declared: number | null }): readonly StoredTable[] {
  const [people, job, firm] = bigFirm(workingTown()) as [StoredTable, StoredTable, StoredTable];
  const big = firm.rows.find(({ staff }) => staff === STAFF_OF_BIG)!['uscc']!;
  const full = people.rows.filter(({ part }) => part === 'full').map(({ pid }) => pid!);
  const others = firm.rows.filter(({ uscc }) => uscc !== big).map(({ uscc }) => uscc!);
  const inPart = new Set(full);
  const jobs = [
    ...job.rows.filter(({ pid }) => !inPart.has(pid!)),
    ...full.flatMap((pid, index) => [
      ...(index < 60 ? [{ pid, uscc: big, wage: 9000 }] : []),
      ...[0, 1, 2].map((more) => ({ pid, uscc: others[(7 * index + 13 * more) % others.length]!, wage: 1500 + more })),
    ]),
  ];
  const columns = job.schema.columns.map((column) => {
    if (column.name === 'pid') return { ...column, rowsPerUnitMax: 4 };
    return column.name === 'uscc' && declared !== null ? { ...column, rowsPerUnitMax: declared } : column;
  });
  const schema: TableSchema = { ...job.schema, columns };
  const firmSchema: TableSchema = {
    ...firm.schema,
    columns: firm.schema.columns.map((column) => (column.name === 'uscc' ? { ...column, rowsPerUnitMax: 1 } : column)),
  };
  return [people, { ...job, schema, rows: jobs }, { ...firm, schema: firmSchema }];
}

let gateway: SqlGateway;
/** The same, where each firm is declared to have two rows at most. */
let declaring: SqlGateway;
beforeAll(async () => {
  gateway = await openGateway(townOf({ declared: null }));
  declaring = await openGateway(townOf({ declared: 2 }));
});

describe.each(Object.entries(ASKED))('what one firm decides about persons: %s', (_, sql) => {
  it('is refused', async () => {
    expect(await gateway.attempt(sql)).toBe('POLICY_CONSTRUCT_REFUSED');
  });

  it('would be told', async () => {
    const { rows } = await declaring.ask(sql);
    const told = rows.flat().filter((cell) => cell !== null && cell !== false);
    expect(told.length).toBeGreaterThan(0);
  });
});

describe('a condition under another name', () => {
  it.each(['abs(v - 13000)', 'sign(v - 13000)', 'greatest(v, 13000)', 'least(v, 13000)', 'nullif(v, 13503)'])(
    'is refused: %s',
    async (step) => {
      const sql = `SELECT sum(${step}) FROM (${perPerson('sum(j.wage)')})`;
      expect(await gateway.attempt(sql)).toBe('POLICY_CONSTRUCT_REFUSED');
      expect(await declaring.attempt(sql)).not.toBe('POLICY_CONSTRUCT_REFUSED');
    },
  );
});

describe('numbers of rows and of firms', () => {
  it.each([
    'SELECT n, count(*) FROM (SELECT pid, count(*) AS n FROM job GROUP BY pid) GROUP BY n ORDER BY n',
    'SELECT count(*) FROM (SELECT pid FROM job GROUP BY pid HAVING count(DISTINCT uscc) > 1)',
    `SELECT sum(v), count(*) FROM (${perPerson('sum(j.wage)')})`,
  ])('may decide, and sums may be added up: %s', async (sql) => {
    expect(await gateway.attempt(sql)).not.toBe('POLICY_CONSTRUCT_REFUSED');
  });
});

describe('one person of few rows between two questions about firms', () => {
  const tables = (): readonly StoredTable[] => {
    const town = townOf({ declared: null });
    const target = town[1]!.rows.findIndex(({ wage }) => wage === 9000);
    return town.map((table, at) =>
      at !== 1
        ? table
        : { ...table, rows: table.rows.map((row, index) => (index === target + 1 ? { ...row, wage: 777_777 } : row)) },
    );
  };
  const pair = ['', 'HAVING max(wage) < 777777'].map(
    (having) => `SELECT count(*) FROM (SELECT uscc FROM job GROUP BY uscc ${having})`,
  );

  it('is near, and hidden', async () => {
    const guarded = (await openGateway(tables())).unasked();
    const shown = [(await guarded.ask(pair[0]!)).rows[0]![0], (await guarded.ask(pair[1]!)).rows[0]![0]];
    expect(shown[0]).not.toBeNull();
    expect(shown[1]).toBeNull();
  });

  it('would be told by the difference', async () => {
    const gateway = await openGateway(tables());
    const [all, but] = [(await gateway.ask(pair[0]!)).rows[0]![0], (await gateway.ask(pair[1]!)).rows[0]![0]];
    expect(Number(all) - Number(but)).toBe(1);
  });
});
