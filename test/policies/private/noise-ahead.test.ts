/**
 * Goal: when noise is drawn, and how much, tells nothing of rows. Method: a boundary is protected by hand, with a generator of bytes that counts
 * what is taken of it, over answers of an engine that differ. Invariants: groups of a public list: nothing is drawn once the engine was asked.
 * Selected groups: what is drawn depends on how many are released, not on how many might have been, now and in later answers.
 * Control: one value for each candidate, as it would be without.
 */
import { expect, test } from 'vitest';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import { gaussianKind, NoisePool } from '../../../policies/mechanisms/noise-pool/noise-pool.ts';
import { drawnNoise } from '../../../policies/release/drawn-noise.ts';
import type { PrivacyNoise } from '../../../policies/release/private-groups.ts';
import { protect } from '../../../policies/release/protect.ts';
import { decide } from '../../../policies/sql/decide.ts';
import { exactOfFraction } from '../../../policies/sql/rewrite/fraction.ts';
import type { PrivateBoundary } from '../../../policies/sql/rewrite/private-layout.ts';
import { type PrivatePlan, rewrite } from '../../../policies/sql/rewrite.ts';
import { INTEGER } from '../../../policies/sql/sql-type.ts';
import type { Cell, TableData } from '../../../policies/table-data.ts';
import { seededSource } from '../mechanisms/exact-sampling/seeded-source.ts';
import { freshMemory } from '../release/fresh-memory.ts';
import { agg, PEOPLE, PlanMaker, resolved } from '../rewrite/plan-fixture.ts';

const BOUNDS = { min: 0, max: 1_000 };

/** Sums and a median of incomes by a column, which has a public list or not. */
function planBy(column: 'dept' | 'free'): PrivatePlan {
  const maker = new PlanMaker();
  const { dept, income } = PEOPLE.columns as Record<string, NonNullable<(typeof PEOPLE.columns)[string]>>;
  const free = { ...dept!, values: null };
  const scan = maker.scan({ ...PEOPLE, columns: { ...PEOPLE.columns, income: { ...income!, bounds: BOUNDS }, free } });
  const x = scan.at['income']!;
  const query = resolved(
    maker.group(scan, [scan.at[column]!], [agg('count_star'), agg('sum', [x]), agg('median', [x])]),
  );
  return rewrite(query, decide(query, DEFAULT_PROFILE, { unitsMin: null }), DEFAULT_PROFILE, { rho: 0.01 });
}

function counted() {
  const taken = { bytes: 0 };
  const noise = drawnNoise((bytes) => {
    taken.bytes += bytes.length;
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = (at * 167 + taken.bytes) % 251;
  });
  return { taken, noise };
}

/** `groups` groups of `units` units. */
function answer({ layout, cells }: PrivateBoundary, groups: number, units: bigint): TableData {
  const width = cells.kind === 'project' ? cells.columns.length : 0;
  const values = Array.from({ length: width }, (_, column): Cell[] =>
    Array.from({ length: groups }, (_, group): Cell => {
      if (layout.keys.includes(column)) return `key ${group}`;
      return layout.trees.some((tree) => tree.column === column) ? null : units;
    }),
  );
  return { columns: values.map((_, index) => ({ name: `x${index}`, type: INTEGER })), values, rowCount: groups };
}

/** Values taken of the pool, and bytes of the generator, before the engine is asked and afterwards: of each answer in a row. */
function drawnFor(plan: PrivatePlan, engine: readonly { groups: number; units: bigint }[]) {
  const { taken, noise } = counted();
  let values = 0;
  const take: PrivacyNoise['take'] = (kind, count) => {
    values += count;
    return noise.take(kind, count);
  };
  return engine.map(({ groups, units }) => {
    const policy = {
      profile: DEFAULT_PROFILE,
      noiseSecret: new Uint8Array(32),
      privacyNoise: { ...noise, take },
      answer: 'answer',
      memory: freshMemory(),
    };
    const [start, startValues] = [taken.bytes, values];
    const dialogue = protect(plan, policy);
    dialogue.next();
    const [asked, askedValues] = [taken.bytes, values];
    const end = dialogue.next(answer(plan.boundaries[0] as PrivateBoundary, groups, units));
    expect(end.done).toBe(true);
    const of = { values: askedValues - startValues, later: values - askedValues };
    return { ...of, before: asked - start, after: taken.bytes - asked };
  });
}

test('of a public list: all before the engine is asked', () => {
  for (const units of [5n, 100_000n]) {
    const [first] = drawnFor(planBy('dept'), [{ groups: 3, units }]);
    expect(first!.values).toBeGreaterThan(0);
    expect(first!.later).toBe(0);
  }
});

test('of selected groups: the same whatever there might have been, in this answer and the next', () => {
  const none = { groups: 0, units: 0n };
  const few = { groups: 40, units: 11n }; // with nearly no chance to be shown
  const many = { groups: 8_000, units: 11n };
  const plan = planBy('free');
  const runs = [none, few, many].map((one) => drawnFor(plan, [one, none, few]));
  expect(runs[0]![0]!.before).toBeGreaterThan(0);
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).toEqual(runs[0]);
  // Shown groups are told: their values' noise may follow.
  expect(drawnFor(plan, [{ groups: 600, units: 100_000n }])[0]!.after).toBeGreaterThan(0);
});

test('control: a value for each candidate shows in the bytes of this answer and of the next', () => {
  const [boundary] = planBy('free').boundaries as readonly PrivateBoundary[];
  const kind = gaussianKind(exactOfFraction(boundary!.layout.selection!.variance));
  const drawn = (candidates: number) => {
    let words = 0;
    const source = seededSource(5);
    const word = source.word.bind(source);
    source.word = () => {
      words += 1;
      return word();
    };
    const pool = new NoisePool(source);
    return [candidates, 100].map((count) => {
      const before = words;
      pool.take(kind, count);
      return words - before;
    });
  };
  expect(drawn(8_000)[0]).toBeGreaterThan(2 * drawn(40)[0]!);
  expect(drawn(20)[1]).toBe(0);
  expect(drawn(500)[1]).toBeGreaterThan(0);
});
