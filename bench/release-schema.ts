import type { ColumnSchema, Level, TableSchema, UnitKind } from '#policies';

/**
 * A city's ticketing as a star: `trip` (the fact, one row a journey, about a person), `person` and `job` (a person's main
 * employment, so that a join reaches enterprises), `firm`, and four public dimensions.
 */

export const STAR_TABLES = ['trip', 'person', 'job', 'firm', 'calendar', 'district', 'product', 'vehicle'] as const;
export type StarTable = (typeof STAR_TABLES)[number];

const codes = (prefix: string, count: number, digits = 2): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1).padStart(digits, '0')}`);

export const DISTRICT_CODES = codes('4207', 28);
export const PRODUCT_CODES = codes('P', 12);
export const LINE_CODES = codes('L', 320, 3);
export const VEHICLE_CODES = ['bus', 'metro', 'bike', 'taxi', 'ferry'] as const;
export const INDUSTRY_CODES = [...'ABCDEFGHIJKLMNOPQRST'];
export const SIZE_CODES = ['micro', 'small', 'medium', 'large'] as const;
export const SCHOOLING_CODES = ['primary', 'middle', 'high', 'college', 'degree'] as const;

type Made = (name: string) => ColumnSchema;

function made(type: ColumnSchema['type'], more: Partial<ColumnSchema>): Made {
  return (name) => ({ name, title: { zh: name, en: name }, level: 'general-2', role: 'attribute', type, ...more });
}
const identifier = (unit: UnitKind): Made => made('text', { role: 'identifier', unit, nullable: false });
const listed = (values: readonly string[]): Made => made('text', { role: 'dimension', values });
const quasi = (type: ColumnSchema['type'], more: Partial<ColumnSchema> = {}): Made =>
  made(type, { role: 'quasi-identifier', ...more });
const measure = (type: 'integer' | 'decimal', max: number): Made =>
  made(type, { role: 'measure', bounds: { min: 0, max } });

function declared(table: StarTable, level: Level, columns: Readonly<Record<string, Made>>): TableSchema {
  const all = Object.entries(columns).map(([name, make]) => make(name));
  const open = level === 'general-1';
  return { table, level, columns: open ? all.map((column) => ({ ...column, level })) : all };
}

const TRIP = {
  pid: identifier('person'),
  trip_date: quasi('date'),
  hour_no: quasi('integer', { bounds: { min: 0, max: 23 } }),
  dist_code: listed(DISTRICT_CODES),
  vehicle_code: listed(VEHICLE_CODES),
  product_code: listed(PRODUCT_CODES),
  line_code: made('text', { lengthMax: 4 }),
  fare_amt: measure('decimal', 200),
  ride_km: measure('decimal', 200),
  ride_min: measure('integer', 600),
  transfer: made('boolean', {}),
};

/** The star's declarations. `factLevel`: of the fact's rows and measures; general-2 is `aggregate`, general-3 `perturbed`. */
export function starSchemas(factLevel: Level): Readonly<Record<StarTable, TableSchema>> {
  const trip = declared('trip', factLevel, TRIP);
  const levelled = trip.columns.map((one) => (one.role === 'measure' ? { ...one, level: factLevel } : one));
  return {
    trip: { ...trip, columns: levelled },
    person: declared('person', 'general-2', {
      pid: identifier('person'),
      sex: quasi('text', { values: ['f', 'm'] }),
      born_year: quasi('integer', { bounds: { min: 1900, max: 2025 } }),
      schooling: quasi('text', { values: SCHOOLING_CODES }),
      home_code: listed(DISTRICT_CODES),
      income_amt: measure('decimal', 100_000),
    }),
    job: declared('job', 'general-2', {
      pid: identifier('person'),
      uscc: identifier('enterprise'),
      since_date: quasi('date'),
      wage_amt: measure('decimal', 100_000),
    }),
    firm: declared('firm', 'general-2', {
      uscc: identifier('enterprise'),
      industry_code: listed(INDUSTRY_CODES),
      size_code: listed(SIZE_CODES),
      staff_cnt: measure('integer', 1_000_000),
      firm_code: listed(DISTRICT_CODES),
    }),
    calendar: declared('calendar', 'general-1', {
      day: made('date', {}),
      weekday_no: made('integer', {}),
      holiday: made('boolean', {}),
      quarter_no: made('integer', {}),
    }),
    district: declared('district', 'general-1', {
      dist_code: made('text', {}),
      dist_name: made('text', {}),
      region: made('text', {}),
    }),
    product: declared('product', 'general-1', {
      product_code: made('text', {}),
      product_name: made('text', {}),
      category: made('text', {}),
    }),
    vehicle: declared('vehicle', 'general-1', {
      vehicle_code: made('text', {}),
      vehicle_name: made('text', {}),
      on_rails: made('boolean', {}),
    }),
  };
}
