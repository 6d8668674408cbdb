/**
 * Goal: what grants cover is what some grant in force covers, for its operator, its class and its day, signed by whom it has to be.
 * Method: drawn grants and plans against a model that asks of one column at a time; no grant takes from what another gives.
 * Seed: printed.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { coverageOf, type GrantScope, type ScopeAsked } from '../../../policies/index.ts';

const SEED = 20_261_128;
console.log(`coverage seed ${SEED}`);

const RESOURCES = ['power', 'water', 'gas'] as const;
const COLUMNS = ['a', 'b', 'c'] as const;
const day = fc.constantFrom('2026-01-01', '2026-03-01', '2026-06-30', '2026-12-31');
const mostly = fc.constantFrom(true, true, true, false);
const table = fc.record({ resource: fc.constantFrom(...RESOURCES), columns: fc.subarray([...COLUMNS]) });
const grant: fc.Arbitrary<Omit<GrantScope, 'id'>> = fc.record({
  kind: fc.constantFrom('whole', 'individual'),
  operator: fc.constantFrom('op-1', 'op-2'),
  tables: fc.array(table, { maxLength: 3 }),
  classes: fc.subarray(['industry', 'welfare'], { minLength: 1 }),
  validFrom: fc.constantFrom('2026-01-01', '2026-03-01', '2026-06-30'),
  validUntil: fc.constantFrom('2026-03-01', '2026-06-30', '2026-12-31'),
  bureau: mostly,
  providers: fc.subarray(['grid', 'waterworks'], { minLength: 1 }),
});
const grants = fc
  .array(grant, { maxLength: 5 })
  .map((drawn): readonly GrantScope[] => drawn.map((one, at) => ({ id: `g${at}`, ...one })));
const asked: fc.Arbitrary<ScopeAsked> = fc.record({
  operator: fc.constantFrom('op-1', 'op-2', null),
  class: fc.constantFrom('industry', 'welfare'),
  tables: fc.uniqueArray(
    fc.record({
      resource: fc.constantFrom(...RESOURCES),
      columns: fc.subarray([...COLUMNS], { minLength: 1 }),
      provider: fc.constantFrom('grid', 'waterworks'),
      isGrantable: mostly,
    }),
    { selector: ({ resource }) => resource },
  ),
});

/** One column, one grant at a time. */
function isCovered(plan: ScopeAsked, at: number, column: string, all: readonly GrantScope[], today: string): boolean {
  const { resource, provider, isGrantable } = plan.tables[at]!;
  return all.some((one) => {
    const names = one.tables.filter((named) => named.resource === resource).flatMap(({ columns }) => columns);
    const isSigned = one.bureau && one.providers.includes(provider);
    const isOurs = one.operator === plan.operator && one.classes.includes(plan.class);
    const isInTerm = !(today < one.validFrom) && !(today > one.validUntil);
    return isGrantable && isSigned && isOurs && isInTerm && (one.kind === 'whole' || names.includes(column));
  });
}

const columnsCovered = (plan: ScopeAsked, all: readonly GrantScope[], today: string): readonly string[] =>
  coverageOf(plan, () => all, today).tables.flatMap(({ resource, columns }) =>
    columns.map((one) => `${resource}.${one}`),
  );

it('covers a column exactly where some grant does, and says what is missing', () => {
  let covered = 0;
  fc.assert(
    fc.property(asked, grants, day, (plan, all, today) => {
      const expected = plan.tables.flatMap(({ resource, columns }, at) =>
        columns.filter((column) => isCovered(plan, at, column, all, today)).map((column) => `${resource}.${column}`),
      );
      const { missing } = coverageOf(plan, () => all, today);
      expect(columnsCovered(plan, all, today)).toEqual(expected);
      for (const { resource, columns } of plan.tables)
        for (const column of columns) {
          const isMissing = missing.includes(resource) || missing.includes(`${resource}.${column}`);
          expect(isMissing).toBe(!expected.includes(`${resource}.${column}`));
        }
      covered += expected.length;
    }),
    { seed: SEED, numRuns: 2_000 },
  );
  expect(covered, 'control: something was covered').toBeGreaterThan(500);
});

it('is never exclusive: what one grant gives, another neither takes nor holds up', () => {
  fc.assert(
    fc.property(asked, grants, day, (plan, all, today) => {
      const together = new Set(columnsCovered(plan, all, today));
      const alone = all.flatMap((one) => columnsCovered(plan, [one], today));
      expect(together).toEqual(new Set(alone));
    }),
    { seed: SEED, numRuns: 500 },
  );
});

it('names the grants that each table is covered by, and those alone', () => {
  fc.assert(
    fc.property(asked, grants, day, (plan, all, today) => {
      for (const { resource, grants: named } of coverageOf(plan, () => all, today).tables) {
        const rest = all.filter(({ id }) => !named.includes(id));
        expect(columnsCovered(plan, rest, today).filter((one) => one.startsWith(`${resource}.`))).toEqual([]);
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});
