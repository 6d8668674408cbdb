import { describe, expect, it } from 'vitest';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import type { TableSchema } from '../../../policies/table-schema.ts';
import { openGateway } from '../../attack/sql-gateway.ts';
import { FUZZED_TABLES } from '../../fuzz/canary-city.ts';
import { freshMemory } from '../release/fresh-memory.ts';

/**
 * Goal: where a table stands twice in a row, each role has numbers of its own, and in mode `perturbed` a question that names the roles the other way round
 * finds the number of the same one.
 * Method: sums of either role, in one question and in several with one memory, beside the true ones. Mode `dp`: the terms that are released.
 */
const atLevel = (schema: TableSchema, level: TableSchema['level']): TableSchema =>
  schema.table !== 'visit'
    ? schema
    : {
        ...schema,
        columns: schema.columns.map((one) =>
          one.role === 'measure' ? { ...one, level, bounds: { min: 0, max: 500 } } : one,
        ),
      };

const openAt = (level: TableSchema['level']) =>
  openGateway(
    FUZZED_TABLES.map((table) => ({ ...table, schema: atLevel(table.schema, level) })),
    DEFAULT_PROFILE,
    undefined,
    freshMemory(),
  );

const FROM = 'FROM visit a JOIN visit b ON a.pid = b.pid WHERE a.fee < 1000 AND b.fee < 1000';
const ROLES = `SELECT sum(a.days), sum(b.days) ${FROM} AND a.days < 2 AND b.days >= 2`;
const FIRST = `SELECT sum(a.days) ${FROM} AND a.days < 2 AND b.days >= 2`;
const SECOND = `SELECT sum(b.days) ${FROM} AND a.days < 2 AND b.days >= 2`;
const TURNED = `SELECT sum(a.days) ${FROM} AND b.days < 2 AND a.days >= 2`;

describe('each role of a table', () => {
  it('has its own sum in mode `aggregate`', async () => {
    const gateway = await openAt('general-2');
    const { mode, rows } = await gateway.ask(ROLES);
    expect(mode).toBe('aggregate');
    expect(rows.map((row) => row.map(Number))).toEqual(await gateway.raw(ROLES));
    expect(Number(rows[0]![0])).not.toBe(Number(rows[0]![1]));
  });

  it('has one number in mode `perturbed`, whichever way round it is asked for', async () => {
    const gateway = await openAt('general-3');
    const asked = async (sql: string) => (await gateway.ask(sql)).rows[0]!.map(Number);
    const [first, second] = (await asked(ROLES)) as [number, number];
    expect((await gateway.ask(ROLES)).mode).toBe('perturbed');
    expect([await asked(FIRST), await asked(SECOND), await asked(TURNED)]).toEqual([[first], [second], [second]]);
    const [[trueFirst, trueSecond] = []] = (await gateway.raw(ROLES)) as number[][];
    expect(Math.abs(first - trueFirst!)).toBeLessThan(Math.abs(trueSecond! - trueFirst!) / 4);
    expect(Math.abs(second - trueSecond!)).toBeLessThan(Math.abs(trueSecond! - trueFirst!) / 4);
  });

  it('has the number of the table alone where it is the same rows, however many roles there are', async () => {
    const gateway = await openAt('general-3');
    const asked = async (select: string, from: string) =>
      (await gateway.ask(`SELECT ${select} FROM ${from}`)).rows[0]!.map(Number);
    const pairs = 'visit a JOIN visit b ON a.pid = b.pid';
    const [one, two] = await asked('sum(a.days), sum(b.days)', pairs);
    const third = await asked('sum(c.days)', `${pairs} JOIN visit c ON c.pid = a.pid`);
    expect(two).toBe(one);
    // Control: it has noise, and rows that repeat each other's more often have another number.
    const [[exact] = []] = (await gateway.raw(`SELECT sum(a.days) FROM ${pairs}`)) as number[][];
    expect(one).not.toBe(exact);
    expect(third).not.toEqual([one]);
    const people = 'person a JOIN person b ON a.pid = b.pid JOIN person c ON b.pid = c.pid';
    expect(await asked('sum(a.debt), sum(b.debt), sum(c.debt)', people)).toEqual(
      Array(3).fill((await asked('sum(debt)', 'person'))[0]),
    );
  });

  it('has sums of its own in mode `dp`', async () => {
    const [boundary] = (await (await openAt('general-4')).compile(ROLES)).private.boundaries;
    expect(boundary?.kind).toBe('private');
    if (boundary?.kind === 'private') expect(boundary.layout.terms).toHaveLength(2);
  });
});
