import { beforeAll, describe, expect, it } from 'vitest';
import type { TableSchema } from '../../policies/table-schema.ts';
import { freshMemory } from '../policies/release/fresh-memory.ts';
import { openGateway, type SqlGateway, type StoredTable } from './sql-gateway.ts';

/**
 * Goal: a set that was asked for through prints and the same set without one person, asked for through the rows, are near to each other, in either
 * order: what differs between them is that person's.
 * Method: everybody of a department (a print's group), and those of them who are not the one of the rare note. Controls: without a memory of
 * earlier answers both are shown, and their difference is the person's pay; a set that lacks enough people is shown beside them.
 */
const common = { level: 'general-2', role: 'attribute' } as const;
const named = (name: string) => ({ name, title: { zh: name, en: name } });
const SCHEMA: TableSchema = {
  table: 'staff',
  level: 'general-2',
  columns: [
    { ...named('pid'), ...common, type: 'text', role: 'identifier', unit: 'person', nullable: false },
    { ...named('dept'), ...common, type: 'text', role: 'dimension', values: ['a', 'b'] },
    { ...named('note'), ...common, type: 'text' },
    { ...named('pay'), ...common, type: 'integer', role: 'measure', bounds: { min: 0, max: 9000 } },
  ],
};
const VICTIM_PAY = 7321;
const ROWS = Array.from({ length: 2400 }, (_, i) => ({
  pid: BigInt(500 + (i % 800)),
  dept: i % 2 === 0 ? 'a' : 'b',
  note: i % 800 === 42 ? 'rare' : `n${i % 5}`,
  pay: i % 800 === 42 ? VICTIM_PAY : 3000 + (i % 700),
}));
const stored: StoredTable = { schema: SCHEMA, rows: ROWS, rowsPerUnitMax: { person: 3 } };

const WHOLE = "SELECT sum(pay) AS s FROM staff WHERE dept = 'a'";
const WITHOUT_ONE = "SELECT sum(pay) AS s FROM staff WHERE dept = 'a' AND note <> 'rare'";
const WITHOUT_MANY = "SELECT sum(pay) AS s FROM staff WHERE dept = 'a' AND note <> 'n2'";
const sum = async (gateway: SqlGateway, sql: string) => (await gateway.ask(sql)).rows[0]?.[0] ?? null;

let forgetful: SqlGateway;
beforeAll(async () => {
  forgetful = await openGateway([stored]);
});

describe('one person between a set of prints and a set of rows', () => {
  it('is told by their difference where nobody remembers (control)', async () => {
    expect((await forgetful.compile(WHOLE)).cells[0]).toContain('_print_dept');
    expect((await forgetful.compile(WITHOUT_ONE)).cells[0]).not.toContain('_print_');
    const [whole, rest] = [await sum(forgetful, WHOLE), await sum(forgetful, WITHOUT_ONE)];
    expect(Number(whole) - Number(rest)).toBe(3 * VICTIM_PAY);
  });

  it.each([
    ['prints first', WHOLE, WITHOUT_ONE],
    ['rows first', WITHOUT_ONE, WHOLE],
  ])('is not told: %s', async (_title, first, second) => {
    const gateway = forgetful.unasked();
    expect(await sum(gateway, first)).not.toBeNull();
    expect(await sum(gateway, second)).toBeNull();
  });

  it('is not told by departments beside the total, all of them prints, and the rows of the others', async () => {
    const gateway = forgetful.unasked();
    expect(await sum(gateway, 'SELECT sum(pay) FROM staff')).not.toBeNull();
    expect(await sum(gateway, "SELECT sum(pay) FROM staff WHERE note <> 'rare'")).toBeNull();
  });

  it('hides no set that lacks enough people (control)', async () => {
    const gateway = forgetful.unasked();
    expect(await sum(gateway, WHOLE)).not.toBeNull();
    expect(await sum(gateway, WITHOUT_MANY)).not.toBeNull();
  });

  it('is the same set, and so the same answer, by either way', async () => {
    const memory = freshMemory();
    const printed = await openGateway([stored], undefined, undefined, memory);
    const plain = await openGateway([{ ...stored, prints: false }], undefined, undefined, memory);
    const first = await sum(printed, WHOLE);
    expect(first).not.toBeNull();
    expect((await plain.compile(WHOLE)).cells[0]).not.toContain('_print_');
    expect(await sum(plain, WHOLE)).toBe(first);
    expect(await sum(plain, WITHOUT_ONE)).toBeNull();
  });
});
