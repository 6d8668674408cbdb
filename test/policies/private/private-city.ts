import { gaussianKind } from '../../../policies/mechanisms/noise-pool/noise-pool.ts';
import type { PrivacyNoise } from '../../../policies/release/private-groups.ts';
import type { Cell } from '../../../policies/table-data.ts';
import type { ColumnSchema, TableSchema } from '../../../policies/table-schema.ts';

/** No noise at all, and every group that has the units: only to compare with what is computed another way. */
export const NO_NOISE: PrivacyNoise = {
  take: (_, count) => Array.from({ length: count }, () => 0n),
  choose: (utilities) => utilities.reduce((best, one, at) => (one > utilities[best]! ? at : best), 0),
  threshold: ({ variance, unitsMin }) => ({ noise: gaussianKind(variance), keeps: (units) => units >= unitsMin }),
};

const titled = (column: Omit<ColumnSchema, 'title'>): ColumnSchema => ({
  title: { zh: column.name, en: column.name },
  nullable: false,
  ...column,
});

export const DISTRICTS = ['centre', 'east', 'west'] as const;
export const KINDS = ['bus', 'ferry', 'metro', 'taxi', 'tram'] as const;

/** Trips: any number for each person. */
export const TRIPS: TableSchema = {
  table: 'trips',
  level: 'general-2',
  columns: [
    titled({ name: 'person', type: 'integer', level: 'general-2', role: 'identifier', unit: 'person' }),
    titled({ name: 'district', type: 'text', level: 'general-1', role: 'dimension', values: DISTRICTS }),
    titled({ name: 'kind', type: 'text', level: 'general-1', role: 'dimension', values: KINDS, nullable: true }),
    titled({ name: 'hour', type: 'integer', level: 'general-2', role: 'attribute', bounds: { min: 0, max: 23 } }),
    titled({ name: 'stop', type: 'integer', level: 'general-2', role: 'attribute', nullable: true }),
    titled({
      name: 'fare',
      type: 'decimal',
      level: 'general-4',
      role: 'measure',
      bounds: { min: -5, max: 100 },
      nullable: true,
    }),
    titled({ name: 'minutes', type: 'integer', level: 'general-4', role: 'measure', bounds: { min: 0, max: 600 } }),
    titled({ name: 'weight', type: 'integer', level: 'general-4', role: 'measure' }),
  ],
};

/** One row a person, as declared. */
export const PEOPLE: TableSchema = {
  table: 'people',
  level: 'general-2',
  columns: [
    titled({
      name: 'person',
      type: 'integer',
      level: 'general-2',
      role: 'identifier',
      unit: 'person',
      rowsPerUnitMax: 1,
    }),
    titled({ name: 'home', type: 'text', level: 'general-1', role: 'dimension', values: DISTRICTS }),
    titled({
      name: 'income',
      type: 'integer',
      level: 'general-4',
      role: 'measure',
      bounds: { min: 0, max: 1_000_000 },
    }),
  ],
};

/** Jobs of people at enterprises: each row is about both. */
export const JOBS: TableSchema = {
  table: 'posts',
  level: 'general-2',
  columns: [
    titled({
      name: 'person',
      type: 'integer',
      level: 'general-2',
      role: 'identifier',
      unit: 'person',
      rowsPerUnitMax: 3,
    }),
    titled({ name: 'firm', type: 'integer', level: 'general-2', role: 'identifier', unit: 'enterprise' }),
    titled({ name: 'site', type: 'text', level: 'general-1', role: 'dimension', values: DISTRICTS }),
    titled({ name: 'wage', type: 'integer', level: 'general-4', role: 'measure', bounds: { min: 0, max: 50_000 } }),
  ],
};

/** Public: what is known of an hour, several times over for some. */
export const HOURS: TableSchema = {
  table: 'hours',
  level: 'general-1',
  columns: [
    titled({ name: 'at', type: 'integer', level: 'general-1', role: 'attribute', bounds: { min: 0, max: 23 } }),
    titled({ name: 'part', type: 'text', level: 'general-1', role: 'dimension', values: DISTRICTS }),
    titled({ name: 'price', type: 'integer', level: 'general-1', role: 'attribute', bounds: { min: 0, max: 9 } }),
    titled({ name: 'label', type: 'text', level: 'general-1', role: 'attribute' }),
  ],
};

export type Row = Readonly<Record<string, Cell>>;
