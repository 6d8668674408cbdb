import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { knownVersion, migrate } from '../../catalog/migrate.ts';
import { getTableConfig, is, SQLiteTable } from '../../catalog/orm.ts';
import * as schema from '../../catalog/schema.ts';

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
  readonly dflt_value: string | null;
}

function migrated(): Database.Database {
  const client = new Database(':memory:');
  migrate(client);
  return client;
}

const tables = Object.values(schema).filter((value) => is(value, SQLiteTable));

describe('migrations', () => {
  it('make the columns that the Drizzle schema says', () => {
    const client = migrated();
    for (const table of tables) {
      const { name, columns, primaryKeys } = getTableConfig(table);
      const keys = primaryKeys[0]?.columns.map((column) => column.name) ?? [];
      const declared = columns.map((column) => ({
        name: column.name,
        type: column.getSQLType().toUpperCase(),
        notnull: column.notNull || column.primary || keys.includes(column.name),
        pk: column.primary ? 1 : keys.indexOf(column.name) + 1,
        hasDefault: column.default !== undefined,
      }));
      const found = (client.pragma(`table_info(${name})`) as ColumnInfo[]).map((column) => ({
        name: column.name,
        type: column.type,
        notnull: column.notnull === 1,
        pk: column.pk,
        hasDefault: column.dflt_value !== null,
      }));
      expect(found, name).toEqual(declared);
    }
  });

  it('make no table that the Drizzle schema leaves out', () => {
    const names = migrated().prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    const declared = tables.map((table) => getTableConfig(table).name);
    expect(names.filter((name) => !declared.includes(name))).toEqual([]);
  });

  it('run once', () => {
    const client = migrated();
    migrate(client);
    expect(client.pragma('user_version', { simple: true })).toBe(knownVersion());
  });

  it('leave a newer home alone', () => {
    const client = new Database(':memory:');
    client.pragma(`user_version = ${knownVersion() + 1}`);
    expect(() => migrate(client)).toThrow(
      expect.objectContaining({ code: 'HOME_NEWER', facts: { found: knownVersion() + 1, known: knownVersion() } }),
    );
    expect(client.prepare('SELECT count(*) AS n FROM sqlite_schema').get()).toEqual({ n: 0 });
  });
});
