import { createHash, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type Database from 'better-sqlite3';
import { AppError } from '#policies';
import { ADDED_LATER, LAYOUT, type SealedStore, type SealedTable, sealedTables } from './sealed-tables.ts';

/**
 * Integrity of access-control data and security labels (GB/T 39786-2021, 8.4 d): every row that decides who may ask what
 * (organisations, resources with their classification, versions, plans, their reviewers and decisions) has an HMAC-SHA-256
 * over all of its columns, and all of these have one together. A row whose MAC is wrong is not used.
 *
 * WHY triggers and not calls of the functions that write: none can forget. They are temporary, of the gateway's own
 * connection, which alone has the key; whoever edits the file by other means has neither.
 */

/** A row that is not as the gateway wrote it; `key` is `*` where rows are missing or were put back as they once were. */
export interface TamperedRow {
  readonly table: SealedTable | 'catalogue';
  readonly key: string;
}

export type SealedValue = string | number | Buffer | null;
type Value = SealedValue;

/** The seals of one home: made by the writer, checked by every reader. */
export interface RowSeals {
  /**
   * Passes a row on that is as the gateway wrote it; null and undefined (no such row) pass too.
   *
   * @throws AppError `CATALOGUE_CORRUPT` (table, key).
   */
  check<T extends object | undefined>(client: Database.Database, table: SealedTable, row: T): T;
  /**
   * Holds values, in the order of the table's columns, against the seal that was read with them; null where there is none.
   *
   * @throws AppError `CATALOGUE_CORRUPT` (table, key).
   */
  checkValues(table: SealedTable, values: readonly SealedValue[], seal: Buffer | null): void;
  /**
   * The same for rows that were chosen by what they hold. WHY more is asked: a row whose holding was changed is not among those that are
   * chosen, so that its own seal is never looked at; none of the table may be known to be wrong.
   *
   * @throws AppError `CATALOGUE_CORRUPT` (table, key `*` where it is another row).
   */
  checkChosen<T extends object>(client: Database.Database, table: SealedTable, rows: readonly T[]): readonly T[];
  /**
   * At the beginning of a transaction: looks for writes of others, and holds all against the seals when there was one.
   *
   * @returns whether there was.
   */
  lookAround(): boolean;
  /** Before COMMIT: seals what the transaction changed. */
  sealAll(): void;
}

export interface RowSealsOptions {
  readonly writer: Database.Database;
  /** Default: the catalogue's. */
  readonly of?: SealedStore;
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** Told once of each row. */
  readonly onTampered: (row: TamperedRow) => void;
  /**
   * Told how many rows of a home that was never sealed were sealed as they lay there. Null: none may be, as there are seals
   * wherever there is this key.
   */
  readonly onTakenIn: ((rows: number) => void) | null;
}

/** No checks: stores of tests and offline readers, which have no key. */
export const NO_SEALS: RowSeals = {
  check: (_client, _table, row) => row,
  checkValues: () => undefined,
  checkChosen: (_client, _table, rows) => rows,
  lookAround: () => false,
  sealAll: () => undefined,
};

interface SealChecks {
  readonly macOf: (table: SealedTable, values: readonly Value[]) => Buffer;
  /** Over all seals as they lie there. */
  readonly wholeMac: () => Buffer;
  /** Null in a home that was never sealed. */
  readonly storedMac: () => Buffer | null;
  /** Every row that is not as the gateway wrote it. */
  readonly wrongRows: () => readonly TamperedRow[];
}

/** What a connection needs to hold rows against seals; it may be one that only reads. */
function sealChecks(client: Database.Database, key: Uint8Array, tables: readonly SealedTable[]): SealChecks {
  const secret = createSecretKey(key);
  const macOf = (table: SealedTable, values: readonly Value[]) =>
    createHmac('sha256', secret)
      .update(JSON.stringify(sealedParts(table, values)))
      .digest();
  client.function('row_mac', { varargs: true, deterministic: true }, (table: unknown, ...values: unknown[]) =>
    macOf(table as SealedTable, values as Value[]),
  );
  const selectSeals = client.prepare<[], [string, string, Buffer]>('SELECT * FROM row_seals ORDER BY 1, 2').raw();
  const selectWhole = client.prepare<[], Buffer | null>('SELECT mac FROM catalogue_seal').pluck();
  const storedMac = () => selectWhole.get() ?? null;
  const wholeMac = () => {
    const mac = createHmac('sha256', secret).update('catalogue');
    for (const [table, rowKey, seal] of selectSeals.all()) mac.update(JSON.stringify([table, rowKey])).update(seal);
    return mac.digest();
  };
  const wrongRows = (): readonly TamperedRow[] => {
    const rows = tables.flatMap((table) => {
      const wrong = client.prepare<[], string>(wrongRowsSql(table)).pluck().all();
      return wrong.map((rowKey): TamperedRow => ({ table, key: rowKey }));
    });
    const whole = storedMac();
    const isWhole = whole !== null && timingSafeEqual(whole, wholeMac());
    return isWhole ? rows : [...rows, { table: 'catalogue', key: '*' }];
  };
  return { macOf, wholeMac, storedMac, wrongRows };
}

/**
 * Holds a home against its seals from outside, writing nothing.
 *
 * @param client of a home of this version's layout.
 * @returns what is not as the gateway wrote it; null for a home that was never sealed.
 */
export function tamperedRows(client: Database.Database, key: Uint8Array): readonly TamperedRow[] | null {
  const { storedMac, wrongRows } = sealChecks(client, key, sealedTables('catalogue'));
  return storedMac() === null ? null : wrongRows();
}

/**
 * Opens the seals in the writer's first transaction, and checks every row. A home that was never sealed (made by an older
 * version) is sealed as it lies.
 *
 * SAD PATH: whoever can make a home look never sealed has its rows taken in. That the log says so again is the sign of it.
 */
export function openRowSeals({ writer, of = 'catalogue', key, onTampered, onTakenIn }: RowSealsOptions): RowSeals {
  const tables = sealedTables(of);
  const { macOf, wholeMac, storedMac, wrongRows } = sealChecks(writer, key, tables);
  const dataVersion = dataVersionOf(writer);
  const told = new Set<string>();
  let isWhole = true;
  let wrongTables: ReadonlySet<string> = new Set();
  let foreignVersion = dataVersion();
  let checkedVersion = foreignVersion;
  const updateWhole = writer.prepare<[Buffer]>('UPDATE catalogue_seal SET mac = ?');

  function tell(row: TamperedRow): void {
    const name = `${row.table}\n${row.key}`;
    if (told.has(name)) return;
    told.add(name);
    onTampered(row);
  }

  function checkAll(): void {
    checkedVersion = dataVersion();
    const wrong = wrongRows();
    wrongTables = new Set(wrong.map(({ table }) => table));
    isWhole = !wrongTables.has('catalogue');
    for (const row of wrong) tell(row);
  }

  if (storedMac() === null && onTakenIn !== null) {
    let takenIn = 0;
    for (const table of tables) takenIn += writer.prepare(sealRowsSql(table)).run().changes;
    updateWhole.run(wholeMac());
    if (takenIn > 0) onTakenIn(takenIn);
  }
  checkAll();
  for (const table of tables) writer.exec(triggersSql(table));
  const selectSeal = (client: Database.Database) =>
    client.prepare<[string, string], Buffer>('SELECT mac FROM row_seals WHERE table_name = ? AND row_key = ?').pluck();
  const perClient = new WeakMap<Database.Database, ReturnType<typeof selectSeal>>();

  function sealOf(client: Database.Database, table: SealedTable, rowKey: string): Buffer | undefined {
    const statement = perClient.get(client) ?? selectSeal(client);
    perClient.set(client, statement);
    return statement.get(table, rowKey);
  }

  const keyOf = (table: SealedTable, values: readonly Value[]) =>
    JSON.stringify(LAYOUT[table].keyPlaces.map((place) => values[place]));

  const checkValues: RowSeals['checkValues'] = (table, values, seal) => {
    const isGood = seal !== null && timingSafeEqual(seal, macOf(table, values));
    if (isGood && isWhole) return;
    const rowKey = keyOf(table, values);
    if (!isGood) tell({ table, key: rowKey });
    throw new AppError('CATALOGUE_CORRUPT', { table, key: rowKey });
  };

  const check: RowSeals['check'] = (client, table, row) => {
    if (row === undefined) return row;
    const values = LAYOUT[table].columns.map(({ property }) => (row as Record<string, Value>)[property] ?? null);
    checkValues(table, values, sealOf(client, table, keyOf(table, values)) ?? null);
    return row;
  };

  return {
    check,
    checkValues,
    checkChosen(client, table, rows) {
      if (dataVersion() !== checkedVersion) checkAll();
      if (wrongTables.has(table)) throw new AppError('CATALOGUE_CORRUPT', { table, key: '*' });
      return rows.map((row) => check(client, table, row));
    },
    lookAround() {
      const version = dataVersion();
      if (version === foreignVersion) return false;
      foreignVersion = version;
      if (version !== checkedVersion) checkAll();
      return true;
    },
    sealAll() {
      // What was wrong before stays wrong: a change of the gateway's own must not heal it.
      if (isWhole) updateWhole.run(wholeMac());
    },
  };
}

/** WHY a digest: as JSON, bytes are a list of numbers. */
function sealedValue(value: Value): string | number | null {
  return Buffer.isBuffer(value) ? `sha256:${createHash('sha256').update(value).digest('hex')}` : value;
}

function sealedParts(table: SealedTable, values: readonly Value[]): readonly (string | number | null)[] {
  const first = values.length - (ADDED_LATER[table] ?? 0);
  let end = values.length;
  while (end > first && values[end - 1] === null) end -= 1;
  const parts: (string | number | null)[] = [table];
  for (let place = 0; place < end; place += 1) parts.push(sealedValue(values[place] ?? null));
  return parts;
}

/** Changes when another connection has written to the file: the gateway is the only one that should (sqlite.org/pragma.html). */
function dataVersionOf(client: Database.Database): () => number {
  const select = client.prepare<[], number>('PRAGMA data_version').pluck();
  return () => select.get() ?? 0;
}

function keySql(table: SealedTable, row: string): string {
  return `json_array(${LAYOUT[table].keys.map((key) => `${row}"${key}"`).join(', ')})`;
}

function macSql(table: SealedTable, row: string): string {
  return `ROW_MAC('${table}', ${LAYOUT[table].columns.map(({ name }) => `${row}"${name}"`).join(', ')})`;
}

function sealRowsSql(table: SealedTable): string {
  return `INSERT INTO row_seals SELECT '${table}', ${keySql(table, '')}, ${macSql(table, '')} FROM ${table}`;
}

/** Rows without their seal or with another's, and seals without their row. */
function wrongRowsSql(table: SealedTable): string {
  const seals = `SELECT row_key, mac FROM row_seals WHERE table_name = '${table}'`;
  const rows = `SELECT ${keySql(table, '')} AS row_key, ${macSql(table, '')} AS mac FROM ${table}`;
  return `SELECT DISTINCT row_key FROM (SELECT * FROM (${rows} EXCEPT ${seals}) UNION ALL SELECT * FROM (${seals} EXCEPT ${rows}))`;
}

function triggersSql(table: SealedTable): string {
  const put = `INSERT OR REPLACE INTO row_seals VALUES ('${table}', ${keySql(table, 'NEW.')}, ${macSql(table, 'NEW.')});`;
  const drop = `DELETE FROM row_seals WHERE table_name = '${table}' AND row_key = ${keySql(table, 'OLD.')};`;
  const on = (change: string, body: string) =>
    `CREATE TEMP TRIGGER ${table}_seal_${change} AFTER ${change} ON main.${table} BEGIN ${body} END;`;
  return on('INSERT', put) + on('UPDATE', drop + put) + on('DELETE', drop);
}
