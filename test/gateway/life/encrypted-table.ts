import { createHash } from 'node:crypto';
import type { ColumnEncryption } from '../../../policies/encrypted-columns.ts';
import type { ColumnSchema, TableSchema } from '../../../policies/table-schema.ts';
import { type CityOptions, type CustodyCity, custodyCity } from './custody-city.ts';

/** What 600 people were paid, by industry: encrypted where the provider is; and where they live, in a table of its own. */
export interface PaidPerson {
  readonly person: string;
  readonly industry: string;
  readonly age: number;
  /** In hundredths. */
  readonly paid: bigint;
  readonly bonus: bigint;
}
export const INDUSTRIES = ['A', 'B', 'C'];
const title = { zh: '题', en: 'title' };

export const PEOPLE: readonly PaidPerson[] = Array.from({ length: 600 }, (_, at) => {
  const bytes = createHash('sha256').update(`person ${at}`).digest();
  return {
    person: `P${at}`,
    // Of industry C there are too few.
    industry: at < 4 ? 'C' : INDUSTRIES[at % 2]!,
    age: 20 + (bytes[0]! % 50),
    paid: bytes.readBigUInt64LE(1) % 1_000_001n,
    bonus: bytes.readBigUInt64LE(9) % 101n,
  };
});

export const column = (name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema>): ColumnSchema => ({
  name,
  title,
  type,
  level: 'general-2',
  role: 'attribute',
  ...more,
});

export const person = (name: string): ColumnSchema =>
  column(name, 'text', { role: 'identifier', unit: 'person', level: 'general-3', rowsPerUnitMax: 1, nullable: false });

/** A column that only the provider can read. */
export const SECRET = { level: 'important', role: 'measure', nullable: false } as const;

export function paidSchema(encryption: ColumnEncryption): TableSchema {
  return {
    table: 'pay',
    level: 'general-2',
    columns: [
      person('person_id'),
      column('industry_code', 'text', { role: 'dimension', values: INDUSTRIES, nullable: false }),
      column('age', 'integer', { role: 'measure', bounds: { min: 0, max: 120 }, nullable: false }),
      column('paid_amt', 'decimal', {
        ...SECRET,
        bounds: { min: 0, max: 10_000 },
        encryption: { ...encryption, squares: true },
      }),
      column('bonus', 'integer', { ...SECRET, bounds: { min: 0, max: 100 }, encryption }),
    ],
  };
}

export const HOMES: TableSchema = {
  table: 'homes',
  level: 'general-2',
  columns: [
    person('person_id'),
    column('town', 'text', { role: 'dimension', values: ['north', 'south'], nullable: false }),
  ],
};
export const townOf = (at: number): string => (at % 3 === 0 ? 'north' : 'south');

/** Hundredths as they are written. */
export const amountText = (hundredths: bigint): string =>
  `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`;

const paidLines = PEOPLE.map((one) => [one.person, one.industry, one.age, amountText(one.paid), one.bonus].join());
export const PAY_CSV = `person_id,industry_code,age,paid_amt,bonus\n${paidLines.join('\n')}\n`;

export function encryptedCity(options: Omit<CityOptions, 'tables'> = {}): Promise<CustodyCity> {
  const homes = PEOPLE.map((one, at) => `${one.person},${townOf(at)}`);
  return custodyCity({
    ...options,
    tables: (encryption) => [
      { schema: paidSchema(encryption), csv: PAY_CSV },
      { schema: HOMES, csv: `person_id,town\n${homes.join('\n')}\n` },
    ],
  });
}
