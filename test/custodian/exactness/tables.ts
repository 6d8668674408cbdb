import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { seededWords } from '../../../bench/seeded-words.ts';
import type { ColumnEncryption } from '../../../policies/encrypted-columns.ts';
import type { CityTable } from '../../gateway/life/custody-city.ts';
import { amountText, column, person, SECRET } from '../../gateway/life/encrypted-table.ts';

/**
 * What is asked about: real people's microdata (US Census PUMS, test/fixtures/pums), where they live, and wages that were made up, of which
 * each row is a person's and a firm's.
 */
export const REGIONS = ['east', 'north', 'south'];
const TOWNS = ['lakeside', 'uptown'];
const FIRMS = 150;
const FIRM_ROWS = 4;

const csv = readFileSync(join(import.meta.dirname, '../../fixtures/pums/PUMS_pid.csv'), 'utf8');
const [head = '', ...lines] = csv.trim().split('\n');
const names = head.split(',');
const people = lines.map((line) => {
  const fields = line.split(',');
  return Object.fromEntries(names.map((name, at) => [name, fields[at]!]));
});

export function exactnessTables(encryption: ColumnEncryption): readonly CityTable[] {
  return [pums(encryption), homes(), wages(encryption)];
}

const listed = (name: string, values: readonly string[]) =>
  column(name, 'text', { role: 'dimension', values: [...values], nullable: false });
const age = column('age', 'integer', { role: 'measure', bounds: { min: 0, max: 120 }, nullable: false });

function pums(encryption: ColumnEncryption): CityTable {
  const squares = { ...encryption, squares: true } as const;
  const rows = people.map((one) => {
    const { pid, sex, educ, race, age: years } = one as Record<string, string>;
    const income = BigInt(Math.round(Number(one['income']) * 100));
    return [`pid-${pid}`, sex, educ, race, years, amountText(income), years].join();
  });
  return {
    schema: {
      table: 'pums',
      level: 'general-2',
      columns: [
        person('pid'),
        listed('sex', ['0', '1']),
        listed(
          'educ',
          Array.from({ length: 16 }, (_, at) => String(at + 1)),
        ),
        // No list: which of these groups show is up to chance.
        column('race', 'text', { role: 'dimension', nullable: false }),
        age,
        column('income', 'decimal', { ...SECRET, bounds: { min: 0, max: 500_000 }, encryption: squares }),
        column('years', 'integer', { ...SECRET, bounds: { min: 0, max: 120 }, encryption: squares }),
      ],
    },
    csv: `pid,sex,educ,race,age,income,years\n${rows.join('\n')}\n`,
  };
}

function homes(): CityTable {
  const rows = people.map(({ pid }, at) => `pid-${pid},${TOWNS[at % 3 === 0 ? 1 : 0]!}`);
  return {
    schema: { table: 'homes', level: 'general-2', columns: [person('pid'), listed('town', TOWNS)] },
    csv: `pid,town\n${rows.join('\n')}\n`,
  };
}

function wages(encryption: ColumnEncryption): CityTable {
  const next = seededWords(20_261_127n);
  const firm = column('firm', 'text', {
    role: 'identifier',
    unit: 'enterprise',
    level: 'general-3',
    rowsPerUnitMax: FIRM_ROWS,
    nullable: false,
  });
  const rows = Array.from({ length: FIRMS * FIRM_ROWS }, (_, row) => {
    const [paid, bonus] = [next() % 2_000_001n, (next() % 201n) - 100n];
    return [`w-${row}`, `f-${row % FIRMS}`, REGIONS[Number(next() % 3n)], next() % 60n, amountText(paid), bonus].join();
  });
  return {
    schema: {
      table: 'wages',
      level: 'general-2',
      columns: [
        person('worker'),
        firm,
        listed('region', REGIONS),
        age,
        column('paid', 'decimal', {
          ...SECRET,
          bounds: { min: 0, max: 20_000 },
          encryption: { ...encryption, squares: true },
        }),
        column('bonus', 'integer', { ...SECRET, bounds: { min: -100, max: 100 }, encryption }),
      ],
    },
    csv: `worker,firm,region,age,paid,bonus\n${rows.join('\n')}\n`,
  };
}

/** The same tables in the clear, in an engine of the test's own. */
export async function plainTables(tables: readonly CityTable[], dir: string) {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const types = { text: 'VARCHAR', integer: 'BIGINT', decimal: 'DECIMAL(18,2)' } as const;
  for (const { schema, csv: text } of tables) {
    const path = join(dir, `${schema.table}-plain.csv`);
    writeFileSync(path, text);
    const columns = schema.columns.map(({ name, type }) => `${name}: '${types[type as keyof typeof types]}'`);
    await connection.run(
      `CREATE TABLE ${schema.table} AS SELECT * FROM read_csv('${path}', header = true, columns = {${columns.join(', ')}})`,
    );
  }
  return connection;
}
