/**
 * Goal: who can write to the home's file, but has not the master key, gets nothing more out of the gateway than before.
 * Method: what would pay is edited in the SQLite file of a running gateway by another connection: a plan's term and tables, a
 * classification, the proof that nobody has many rows. Each job is refused and the log says which row. Control: the same edit
 * with seals that fit, which take the key, is answered.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE_CSV, PEOPLE_SCHEMA } from '../gateway/life/people.ts';
import { ask, publish, type RunningGateway, startGateway } from '../gateway/life/running-gateway.ts';

const COLUMNS = ['id', 'dept', 'born', 'pay'];

let running: RunningGateway;
let developer: string;
let security: string;
beforeAll(async () => {
  running = await startGateway();
  const table = { schema: PEOPLE_SCHEMA, csv: PEOPLE_CSV };
  developer = (await publish(running, table, { plan: 'people', columns: COLUMNS })).developer;
  security = await running.token('security', 'carol', 'security-office');
});
afterAll(() => running.destroy());

interface Edit {
  readonly name: string;
  readonly table: string;
  readonly column: string;
  readonly where: string;
  readonly edit: (value: string) => string;
  /** Answered when the edit counts. */
  readonly sql: string;
}

const EDITS: readonly Edit[] = [
  {
    name: 'a plan that nobody approved any more is in force',
    table: 'plans',
    column: 'valid_until',
    where: `id = 'people'`,
    edit: () => '2098-12-31',
    sql: 'SELECT count(*) FROM people',
  },
  {
    name: 'a plan gets a column that nobody granted',
    table: 'plans',
    column: 'tables',
    where: `id = 'people'`,
    edit: (tables) => tables.replace('"pay"', '"pay","room"'),
    sql: 'SELECT count(DISTINCT room) FROM people',
  },
  {
    name: 'a table is classified as public',
    table: 'resources',
    column: 'schema',
    where: `id = 'people'`,
    edit: (schema) =>
      schema
        .replaceAll(/general-[23]/g, 'general-1')
        .replaceAll(/"role":"identifier","unit":"person"/g, '"role":"dimension"'),
    sql: 'SELECT born, pay FROM people LIMIT 3',
  },
  {
    name: 'a version is said to have no rows of anybody',
    table: 'resource_versions',
    column: 'rows_per_unit_max',
    where: `resource = 'people'`,
    edit: () => '{}',
    sql: 'SELECT sum(pay) FROM people',
  },
];

/** Puts another value in place, and hands back what was there. */
function put(db: Database.Database, { table, column, where, edit }: Edit): { readonly undo: () => void } {
  const before = db.prepare<[], string>(`SELECT ${column} FROM ${table} WHERE ${where}`).pluck().get() as string;
  const update = db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`);
  update.run(edit(before));
  return { undo: () => update.run(before) };
}

/** So that a plan is read again: what was read before an edit is right. */
const touch = () => running.gateway.deps.store.commit((tx) => tx.client.exec(`UPDATE organisations SET id = id`));

describe.each(EDITS)('$name', (edit) => {
  it('is refused and reported', async () => {
    const other = new Database(join(running.home, 'sluice.db'));
    const { undo } = put(other, edit);
    await touch();
    const { status, body } = await ask(running, developer, 'people', edit.sql);
    expect([status, body.code]).toEqual([500, 'CATALOGUE_CORRUPT']);
    undo();
    other.close();
    await touch();
    const entries = await running.request(security, 'GET', '/v1/audit/entries?kind=integrity');
    expect(await entries.text()).toMatch(new RegExp(`${edit.table} .* is not as the gateway wrote it`));
  });

  it('would be answered with the key (control)', async () => {
    const { store } = running.gateway.deps;
    const { undo } = await store.commit((tx) => put(tx.client, edit));
    const { body } = await ask(running, developer, 'people', edit.sql);
    expect(body.result, JSON.stringify(body)).toBeTruthy();
    await store.commit(undo);
  });
});
