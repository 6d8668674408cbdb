import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { createFirms } from '../../../catalog/first-batch/city/firms.ts';
import { createPopulation } from '../../../catalog/first-batch/city/people.ts';
import { createPermutation } from '../../../catalog/first-batch/city/permutation.ts';
import { createVehicles } from '../../../catalog/first-batch/city/vehicles.ts';
import type { FirstBatchTable } from '../../../catalog/first-batch/index.ts';
import { FIRST_BATCH_TABLES, firstBatch, generateTable, tableRows } from '../../../catalog/first-batch/index.ts';
import type { ColumnSchema } from '../../../policies/index.ts';
import {
  countPasses,
  identifierBits,
  isCreditCode,
  isIdCard,
  isPlate,
  isRealEstateUnit,
  isVin,
  judgeColumn,
} from '../../../policies/index.ts';
import { parseCsv } from './csv.ts';

type Row = Record<string, string>;

function rowsOf(text: string): Row[] {
  const [header = [], ...rows] = parseCsv(text);
  return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? ''])));
}

/** What is wrong with a field by its declaration, or null. Nothing of the generator is used. */
function problemOf(column: ColumnSchema, field: string): string | null {
  if (field === '') return column.nullable === false ? 'null' : null;
  const scale = column.scale ?? 2;
  const patterns: Record<ColumnSchema['type'], RegExp> = {
    boolean: /^(?:true|false)$/,
    integer: /^-?\d+$/,
    decimal: new RegExp(`^-?\\d{1,${18 - scale}}\\.\\d{${scale}}$`),
    text: /^.+$/s,
    date: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/,
    timestamp: /^$/,
  };
  if (!patterns[column.type].test(field)) return `not ${column.type}`;
  if (column.bounds !== undefined && (Number(field) < column.bounds.min || Number(field) > column.bounds.max)) {
    return 'out of bounds';
  }
  if (column.values !== undefined && !column.values.includes(field)) return 'not in the public list';
  if (column.type === 'text' && field.length > (column.lengthMax ?? 4000)) return 'too long';
  return null;
}

function problemsOf(table: FirstBatchTable, rows: readonly Row[]): string[] {
  const { columns } = firstBatch.find(({ id }) => id === table)!.schema;
  return rows.flatMap((row) =>
    columns.flatMap((column) => {
      const problem = problemOf(column, row[column.name] ?? '');
      return problem === null ? [] : [`${table}.${column.name}: ${problem}: ${row[column.name]}`];
    }),
  );
}

/** Units with more rows than their column promises. */
function brokenPromises(table: FirstBatchTable, rows: readonly Row[]): string[] {
  const { columns } = firstBatch.find(({ id }) => id === table)!.schema;
  return columns.flatMap(({ name, rowsPerUnitMax = Number.POSITIVE_INFINITY }) =>
    [...Map.groupBy(rows, (row) => row[name] ?? '')].flatMap(([unit, own]) =>
      own.length > rowsPerUnitMax ? [`${table}.${name} ${unit}: ${own.length} rows`] : [],
    ),
  );
}

const OPTIONS = { scale: 0.002, seed: 7 };
const city = {} as Record<FirstBatchTable, Row[]>;
beforeAll(() => {
  for (const table of FIRST_BATCH_TABLES) city[table] = rowsOf([...generateTable(table, OPTIONS)].join(''));
});

describe.each(FIRST_BATCH_TABLES)('%s', (table) => {
  test('keeps its own declaration in every row and has as many rows as announced', () => {
    expect(problemsOf(table, city[table]).slice(0, 3)).toEqual([]);
    expect(brokenPromises(table, city[table])).toEqual([]);
    expect(city[table]).toHaveLength(tableRows(table, OPTIONS.scale));
  });

  test.each([1, 100])('keeps it at scale %d too, where the largest firms are', (scale) => {
    const [first = ''] = generateTable(table, { scale, seed: 3 });
    expect(problemsOf(table, rowsOf(first)).slice(0, 3)).toEqual([]);
  });

  test('declares identifiers as what they are', () => {
    const { columns } = firstBatch.find(({ id }) => id === table)!.schema;
    const findings = columns.flatMap((column) => {
      const distinct = new Set(city[table].map((row) => row[column.name]!).filter((field) => field !== ''));
      return judgeColumn(column, countPasses([...distinct].map(identifierBits))) ?? [];
    });
    expect(findings.filter(({ verdict }) => verdict !== 'declared')).toEqual([]);
  });

  test('comes in whole lines of about 64 kB, the same for the same seed', () => {
    const hash = (seed: number) => {
      const digest = createHash('sha256');
      for (const chunk of generateTable(table, { ...OPTIONS, seed })) {
        expect(chunk.endsWith('\n')).toBe(true);
        expect(chunk.length).toBeLessThan(66_000);
        digest.update(chunk);
      }
      return digest.digest('hex');
    };
    expect(hash(7)).toBe(hash(7));
    expect(hash(7)).not.toBe(hash(8));
  });
});

test('the checker notices what it is for', () => {
  const text = [...generateTable('electricity', OPTIONS)].join('');
  const [row] = rowsOf(text);
  const spoilt: Row[] = [
    { ...row, uscc: '' },
    { ...row, kwh_total: '-1.00' },
    { ...row, div_code: '420704999' },
    { ...row, arrears_days: '1.5' },
  ];
  expect(problemsOf('electricity', spoilt)).toHaveLength(4);
});

test('the default city is at most 250,000 rows', () => {
  const rows = FIRST_BATCH_TABLES.reduce((sum, table) => sum + tableRows(table, 0.01), 0);
  expect(rows).toBeLessThan(250_000);
  expect(rows).toBeGreaterThan(100_000);
});

describe('one city', () => {
  const column = (table: FirstBatchTable, name: string): Set<string> =>
    new Set(city[table].map((row) => row[name]!).filter((field) => field !== ''));

  test.each([
    ...(['electricity', 'water', 'gas', 'property_mgmt', 'fund_enterprise', 'insurance_enterprise'] as const).map(
      (table) => [table, 'uscc', 'enterprise_reg', 'uscc'] as const,
    ),
    ...(['holder', 'tax', 'transport', 'crop'] as const).map((t) => [t, 'uscc', 'enterprise_reg', 'uscc'] as const),
    ['fund_person', 'employer_uscc', 'enterprise_reg', 'uscc'],
    ['shelter', 'builder_uscc', 'enterprise_reg', 'uscc'],
    ['property_title', 'unit_no', 'housing', 'unit_no'],
    ['lab_exam', 'visit_no', 'outpatient', 'visit_no'],
    ['livestock', 'farm_no', 'crop', 'farm_no'],
    ['vehicle_mortgage', 'vin', 'vehicle_reg', 'vin'],
    ['used_vehicle', 'vin', 'vehicle_reg', 'vin'],
  ] as const)('every %s.%s is a %s.%s', (table, name, target, targetName) => {
    const known = column(target, targetName);
    expect([...column(table, name)].filter((key) => !known.has(key))).toEqual([]);
    expect(column(table, name).size).toBeGreaterThan(0);
  });

  test('a person has one name, sex, birth date and township wherever it appears', () => {
    const seen = new Map<string, string>();
    for (const table of ['marriage', 'fund_person', 'outpatient', 'inpatient', 'insurance_person'] as const) {
      for (const { id_no, person_name, sex, birth_date, div_code } of city[table]) {
        const description = [person_name, sex, birth_date, div_code].join();
        expect(seen.get(id_no!) ?? description).toBe(description);
        seen.set(id_no!, description);
        expect(id_no!.slice(6, 14)).toBe(birth_date!.replaceAll('-', ''));
        expect(Number(id_no![16]) % 2 === 1 ? '1' : '2').toBe(sex);
      }
    }
  });

  test('most owners, spouses and holders are people whom the medical insurance knows', () => {
    const insured = column('insurance_person', 'id_no');
    for (const [table, name] of [
      ['housing', 'owner_id_no'],
      ['vehicle_reg', 'owner_id_no'],
      ['marriage', 'spouse_id_no'],
      ['holder', 'holder_cert_no'],
    ] as const) {
      const owners = [...column(table, name)];
      expect(owners.filter((id) => insured.has(id)).length / owners.length).toBeGreaterThan(0.85);
    }
  });

  test('a firm has one name, township and industry; a home one owner', () => {
    const firms = new Map(city.enterprise_reg.map((row) => [row['uscc'], row]));
    for (const row of [...city.electricity, ...city.tax, ...city.transport]) {
      const { ent_name, div_code, industry_code } = firms.get(row['uscc'])!;
      expect([row['ent_name'], row['div_code'], row['industry_code']]).toEqual([ent_name, div_code, industry_code]);
    }
    const homes = new Map(city.housing.map(({ unit_no, owner_id_no }) => [unit_no, owner_id_no]));
    for (const { unit_no, owner_id_no } of city.property_title) expect(homes.get(unit_no)).toBe(owner_id_no);
  });

  test('what is a key is unique', () => {
    for (const [table, name] of [
      ['enterprise_reg', 'uscc'],
      ['insurance_person', 'id_no'],
      ['housing', 'unit_no'],
      ['vehicle_reg', 'vin'],
      ['vehicle_reg', 'plate_no'],
      ['outpatient', 'visit_no'],
      ['lab_exam', 'report_no'],
      ['school', 'school_code'],
    ] as const) {
      expect(column(table, name).size).toBe(city[table].length);
    }
  });

  test('identifiers pass their checksums', () => {
    for (const [table, name, passes] of [
      ['insurance_person', 'id_no', isIdCard],
      ['enterprise_reg', 'uscc', isCreditCode],
      ['vehicle_reg', 'vin', isVin],
      ['vehicle_reg', 'plate_no', isPlate],
      ['housing', 'unit_no', isRealEstateUnit],
    ] as const) {
      expect([...column(table, name)].filter((key) => !passes(key))).toEqual([]);
    }
  });

  test('the shares of a firm add up to 100 %', () => {
    const cents = new Map<string, number>();
    for (const { uscc, share_pct } of city.holder) {
      cents.set(uscc!, (cents.get(uscc!) ?? 0) + Math.round(Number(share_pct) * 100));
    }
    expect(new Set(cents.values())).toEqual(new Set([10_000]));
  });

  test('respiratory visits rise in winter', () => {
    const visits = (month: string) =>
      city.outpatient.filter((row) => row['visit_date']!.startsWith(month) && row['dx_code']!.startsWith('J')).length;
    expect(visits('2026-01')).toBeGreaterThan(2 * visits('2026-07'));
  });
});

describe('entities at 100 times the city', () => {
  test('ID numbers of neighbours in age differ and are valid', () => {
    const people = createPopulation(107_000_000, 5);
    const cards = new Set<string>();
    for (let no = 60_000_000; no < 60_012_000; no++) cards.add(people.person(no).idNo);
    expect(cards.size).toBe(12_000);
    expect([...cards].filter((card) => !isIdCard(card))).toEqual([]);
  });

  test('the age of a number, and the numbers of an age, agree', () => {
    const people = createPopulation(10_700, 5);
    for (let age = 0; age < 95; age++) {
      for (let no = people.countFromAge(age + 1); no < people.countFromAge(age); no++) expect(people.age(no)).toBe(age);
    }
    const elderly = people.countFromAge(65) / people.size;
    expect(elderly).toBeGreaterThan(0.12);
    expect(elderly).toBeLessThan(0.16);
  });

  test('credit codes, VINs and plates do not repeat', () => {
    const firms = createFirms(5_350_000, 5);
    const vehicles = createVehicles(26_750_000, 5, 0, 1000);
    const [codes, vins, plates] = [new Set(), new Set(), new Set()];
    const step = 2_003;
    for (let i = 0; i < 10_000; i++) {
      codes.add(firms.uscc(i * 535));
      const { vin, plate } = vehicles.vehicle(i * step);
      vins.add(vin);
      plates.add(plate);
    }
    expect([codes.size, vins.size, plates.size]).toEqual([10_000, 10_000, 10_000]);
  });

  test('a permutation meets every number once and finds its way back', () => {
    for (const size of [1, 2, 7, 535, 1_000]) {
      const { at, indexOf } = createPermutation(size, 12_345);
      const met = new Set(Array.from({ length: size }, (_, i) => at(i)));
      expect(met.size).toBe(size);
      for (let i = 0; i < size; i++) expect(indexOf(at(i))).toBe(i);
    }
    const { at, indexOf } = createPermutation(107_000_000, 4_000_000_000);
    for (let i = 0; i < 1_000; i++) expect(indexOf(at(i * 100_003))).toBe(i * 100_003);
  });
});

/** release.md: of the enterprise cells with at least ten firms, 18 % have one firm above half. */
test('the city has the dominance of the real one', () => {
  const firms = createFirms(53_500, 11);
  const cells = new Map<string, { count: number; total: number; largest: number }>();
  for (let no = 0; no < firms.size; no++) {
    const { division, industry, size } = firms.firm(no);
    const cell = cells.get(division + industry) ?? { count: 0, total: 0, largest: 0 };
    cells.set(division + industry, {
      count: cell.count + 1,
      total: cell.total + size,
      largest: Math.max(cell.largest, size),
    });
  }
  const large = [...cells.values()].filter(({ count }) => count >= 10);
  const dominated = large.filter(({ total, largest }) => largest > total / 2).length / large.length;
  expect(large.length).toBeGreaterThan(800);
  expect(dominated).toBeGreaterThan(0.14);
  expect(dominated).toBeLessThan(0.22);
});
