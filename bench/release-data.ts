import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import {
  commonPrints,
  printsOf,
  RANK_LAST,
  type StoredPrints,
  type TableSchema,
  twinName,
  twinsOf,
  type UnitKind,
} from '#policies';
import { writePrints } from '../sandbox/ingest/print-tables.ts';
import { ROW_KEY_DEFINITION, ROW_SALT_BYTES, rowKeySql } from '../sandbox/ingest/row-key.ts';
import { SEGMENT_ROWS_MAX } from '../sandbox/ingest/segment-pump.ts';
import { twinColumns, twinDefinition, twinValue } from '../sandbox/ingest/twin-columns.ts';
import {
  DISTRICT_CODES,
  INDUSTRY_CODES,
  LINE_CODES,
  PRODUCT_CODES,
  SCHOOLING_CODES,
  SIZE_CODES,
  STAR_TABLES,
  type StarTable,
  starSchemas,
  VEHICLE_CODES,
} from './release-schema.ts';

/** The star on disk: per table its segments, as the vault attaches them, and what registration learns of the rows. */
export interface StoredStar {
  readonly dir: string;
  readonly tables: Readonly<Record<StarTable, StoredTable>>;
}
export interface StoredTable {
  readonly files: readonly string[];
  readonly prints: StoredPrints | null;
  readonly rows: number;
  readonly rowsPerUnitMax: Readonly<Partial<Record<UnitKind, number>>>;
}
/** Which star: equal ones have equal rows. */
export interface StarSize {
  readonly rows: number;
  readonly seed: number;
}

const FACTS_FILE = 'facts.json';
/** Part of a kept star's name: raise it whenever the rows or the columns change. */
const GENERATION = 7;
const ROWS_PER_PERSON = 40;
const PERSONS_PER_FIRM = 25;

/**
 * Takes the star that an earlier run kept, or makes one. Each run has a folder of its own and claims a kept star by
 * renaming it, so that two runs at once never share one.
 */
export async function openStar(size: StarSize): Promise<StoredStar> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-release-bench-'));
  const star = join(dir, 'star');
  try {
    if (existsSync(keptPath(size))) renameSync(keptPath(size), star);
    else await makeStar(star, size);
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
  const facts = JSON.parse(readFileSync(join(star, FACTS_FILE), 'utf8')) as StoredStar['tables'];
  const tables = STAR_TABLES.map((table) => {
    return [table, { ...facts[table], files: facts[table].files.map((file) => join(star, file)) }];
  });
  return { dir, tables: Object.fromEntries(tables) as StoredStar['tables'] };
}

/** Removes the run's folder; with `keep` the star stays for the next run. */
export function closeStar({ dir }: StoredStar, size: StarSize, keep: boolean): void {
  if (keep && !existsSync(keptPath(size))) renameSync(join(dir, 'star'), keptPath(size));
  rmSync(dir, { recursive: true, force: true });
}

function keptPath({ rows, seed }: StarSize): string {
  return join(tmpdir(), `sluice-release-star-${GENERATION}-${rows}-${seed}`);
}

async function makeStar(dir: string, size: StarSize): Promise<void> {
  mkdirSync(dir);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const schemas = starSchemas('general-2');
    const facts: Partial<Record<StarTable, StoredTable>> = {};
    for (const table of STAR_TABLES) facts[table] = await makeTable(connection, dir, schemas[table], size);
    writeFileSync(join(dir, FACTS_FILE), JSON.stringify(facts));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function makeTable(
  connection: DuckDBConnection,
  dir: string,
  schema: TableSchema,
  size: StarSize,
): Promise<StoredTable> {
  const table = schema.table as StarTable;
  const { count, row } = rowsOf(size)[table];
  const { definition, values } = columnsOf(schema, row, size.seed);
  const files: string[] = [];
  const attached: string[] = [];
  for (let from = 0; from < count; from += SEGMENT_ROWS_MAX) {
    const [file, name] = [`${table}-${files.length}.duckdb`, `${table}_${files.length}`];
    await connection.run(`ATTACH '${join(dir, file)}' AS ${name} (STORAGE_VERSION 'v1.5.0')`);
    const to = Math.min(from + SEGMENT_ROWS_MAX, count);
    await connection.run(`CREATE TABLE ${name}.data (${definition})`);
    await connection.run(`INSERT INTO ${name}.data ${values(drawn(from, to, size))}`);
    files.push(file);
    attached.push(name);
  }
  const all = attached.map((name) => `FROM ${name}.data`).join(' UNION ALL ');
  const rowsPerUnitMax = await countUnits(connection, schema, all);
  for (const { kind, of } of twinsOf(schema.columns)) if (kind === 'rank') await rankRows(connection, attached, of);
  let prints = printsOf(schema);
  for (const name of attached) {
    const { columns } = schema;
    const segment = { name, rows: SEGMENT_ROWS_MAX, columns, twins: twinsOf(columns), filled: [] };
    prints = commonPrints(prints, await writePrints(connection, segment, prints));
    await connection.run(`DETACH ${name}`);
  }
  return { files, prints, rows: count, rowsPerUnitMax };
}

/** The columns of a stored table: as declared, and the row's key over them. `values`: a query that fills them. */
function columnsOf(schema: TableSchema, row: Readonly<Record<string, string>>, seed: number) {
  const stored = schema.columns.map((column) => ({ name: column.name, type: storedType(column) }));
  const declared = stored.map(({ name, type }) => `CAST(${row[name]} AS ${type}) AS ${name}`).join(', ');
  const twins = twinColumns(
    schema.columns.map((column) => ({ schema: column })),
    twinsOf(schema.columns),
  );
  const rowKey = rowKeySql(
    Buffer.alloc(ROW_SALT_BYTES, seed),
    stored.map(({ name }) => name),
  );
  return {
    definition: [
      ...stored.map(({ name, type }) => `${name} ${type}`),
      ROW_KEY_DEFINITION,
      ...twins.map(twinDefinition),
    ].join(', '),
    values: (drawnRows: string) =>
      `SELECT ${['*', rowKey, ...twins.map((one) => twinValue(one, one.twin.of))].join(', ')} FROM (SELECT ${declared} FROM (${drawnRows}))`,
  };
}

/** As registration does in a sort of its own: here all segments are at hand at once. */
async function rankRows(connection: DuckDBConnection, segments: readonly string[], unit: string): Promise<void> {
  const rows = segments.map((name, at) => `SELECT ${at} AS segment, rowid AS id, ${unit}, _row_key FROM ${name}.data`);
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ranks AS SELECT segment, id,
      least(row_number() OVER (PARTITION BY ${unit} ORDER BY hash(_row_key), segment, id) - 1, ${RANK_LAST}) AS rank
      FROM (${rows.join(' UNION ALL ')})`,
  );
  for (const [at, name] of segments.entries()) {
    await connection.run(
      `UPDATE ${name}.data SET ${twinName('rank', unit)} = ranks.rank FROM ranks WHERE ranks.segment = ${at} AND ranks.id = data.rowid`,
    );
    await connection.run(`CHECKPOINT ${name}`);
  }
  await connection.run('DROP TABLE ranks');
}

async function countUnits(connection: DuckDBConnection, schema: TableSchema, all: string) {
  const counts: Partial<Record<UnitKind, number>> = {};
  for (const { name, unit } of schema.columns) {
    if (unit === undefined) continue;
    const sql = `SELECT max(n) FROM (SELECT count(*) AS n FROM (${all}) GROUP BY ${name})`;
    counts[unit] = Number((await connection.runAndReadAll(sql)).getRows()[0]![0]);
  }
  return counts;
}

/** The types that registration stores (identifiers as 64-bit tokens). */
function storedType({ role, type, scale }: TableSchema['columns'][number]): string {
  if (role === 'identifier') return 'UBIGINT';
  if (type === 'decimal') return `DECIMAL(18,${scale ?? 2})`;
  return type === 'integer' ? 'BIGINT' : type === 'text' ? 'VARCHAR' : type;
}

/** Rows `i`, each with 128 random bits: DuckDB's hash of the row's number and the seed. */
function drawn(from: number, to: number, { seed }: StarSize): string {
  return `SELECT range AS i, hash(range, ${seed}) AS a, hash(range, ${seed + 1}) AS b FROM range(${from}, ${to})`;
}

/** A whole number below `below`, from the bits of `word` above `shift`. */
const draw = (word: 'a' | 'b', shift: number, below: number): string =>
  `CAST((${word} >> ${shift}) % ${below} AS BIGINT)`;
const at = (index: string, list: readonly string[]): string =>
  `[${list.map((text) => `'${text}'`).join(', ')}][1 + ${index}]`;
const oneOf = (word: 'a' | 'b', shift: number, list: readonly string[]): string =>
  at(draw(word, shift, list.length), list);

/** Bus 50 in 100, metro 30, bike 12, taxi 7, ferry 1. */
const TRAVEL = `CASE WHEN ${draw('a', 12, 100)} < 50 THEN 0 WHEN ${draw('a', 12, 100)} < 80 THEN 1 WHEN ${draw('a', 12, 100)} < 92 THEN 2 WHEN ${draw('a', 12, 100)} < 99 THEN 3 ELSE 4 END`;

/** How many rows each table has, and what each column is made of. */
function rowsOf(size: StarSize): Readonly<Record<StarTable, { count: number; row: Readonly<Record<string, string>> }>> {
  const { rows, seed } = size;
  const persons = Math.max(100, Math.floor(rows / ROWS_PER_PERSON));
  const firms = Math.max(60, Math.floor(persons / PERSONS_PER_FIRM));
  const token = (number: string, domain: number) => `hash(${number}, ${seed + domain})`;
  // A power of a uniform number: a few travel every day, many hardly ever; a few firms employ hundreds.
  const skewed = (word: 'a' | 'b', below: number, power: number) =>
    `CAST(floor(${below} * pow((${word} >> 11) / 9007199254740992.0, ${power})) AS BIGINT)`;
  const traveller = skewed('b', persons, 1.3);
  const kilometres = `(1 + ${draw('a', 20, 400)} / 20)`;
  // WHY: without it a fare would follow from the distance, and a correlation of 1 is no test of correlations.
  const surcharge = `${draw('a', 50, 9)} / 4`;
  return {
    trip: {
      count: rows,
      row: {
        pid: token(traveller, 10),
        trip_date: `DATE '2025-01-01' + CAST(i * 365 // ${rows} AS INTEGER)`, // as journeys arrive
        hour_no: `6 + (${draw('a', 3, 17)} + ${draw('b', 3, 17)}) // 2`,
        dist_code: at(`CASE WHEN a % 8 < 5 THEN ${traveller} % 28 ELSE ${draw('a', 32, 28)} END`, DISTRICT_CODES),
        vehicle_code: at(TRAVEL, VEHICLE_CODES),
        product_code: oneOf('a', 40, PRODUCT_CODES),
        line_code: oneOf('a', 44, LINE_CODES),
        fare_amt: `CASE ${TRAVEL} WHEN 2 THEN 1.5 WHEN 3 THEN 8 + 2.4 * ${kilometres} ELSE 2 + ${kilometres} // 6 END + ${surcharge}`,
        ride_km: kilometres,
        ride_min: `4 + CAST(2.5 * ${kilometres} AS BIGINT) + ${draw('b', 7, 15)}`,
        transfer: `${draw('b', 9, 5)} = 0`,
      },
    },
    person: {
      count: persons,
      row: {
        pid: token('i', 10),
        sex: oneOf('a', 3, ['f', 'm']),
        born_year: `1940 + ${draw('a', 8, 78)}`,
        schooling: oneOf('a', 20, SCHOOLING_CODES),
        home_code: at('i % 28', DISTRICT_CODES),
        income_amt: `CASE WHEN a % 9 > 0 THEN 1500 + ${draw('b', 5, 900_000)} / 100 END`,
      },
    },
    job: {
      count: Math.floor(persons * 0.55),
      row: {
        pid: token(`i * 9 // 5`, 10),
        uscc: token(skewed('b', firms, 1.2), 11),
        since_date: `DATE '2005-01-01' + CAST(${draw('a', 8, 7000)} AS INTEGER)`,
        wage_amt: `2000 + ${draw('a', 20, 1_500_000)} / 100`,
      },
    },
    firm: {
      count: firms,
      row: {
        uscc: token('i', 11),
        industry_code: oneOf('a', 3, INDUSTRY_CODES),
        size_code: oneOf('a', 9, SIZE_CODES),
        staff_cnt: `1 + ${draw('a', 20, 400)}`,
        firm_code: oneOf('b', 3, DISTRICT_CODES),
      },
    },
    calendar: {
      count: 365,
      row: {
        day: `DATE '2025-01-01' + CAST(i AS INTEGER)`,
        weekday_no: `1 + (i + 2) % 7`,
        holiday: `(i + 2) % 7 >= 5 OR i % 61 = 0`,
        quarter_no: '1 + i // 92',
      },
    },
    district: {
      count: DISTRICT_CODES.length,
      row: {
        dist_code: at('i', DISTRICT_CODES),
        dist_name: `'district ' || i`,
        region: at('i % 4', ['north', 'east', 'south', 'west']),
      },
    },
    product: {
      count: PRODUCT_CODES.length,
      row: {
        product_code: at('i', PRODUCT_CODES),
        product_name: `'product ' || i`,
        category: at('i % 3', ['single', 'day', 'month']),
      },
    },
    vehicle: {
      count: VEHICLE_CODES.length,
      row: {
        vehicle_code: at('i', VEHICLE_CODES),
        vehicle_name: `'vehicle ' || i`,
        on_rails: 'i = 1',
      },
    },
  };
}
