import { beforeEach, describe, expect, it } from 'vitest';
import { beginVersion, commitVersion, insertKnownSets, readKnownSets, type Store } from '../../../catalog/index.ts';
import { type DifferencingGuard, openDifferencingGuard } from '../../../gateway/pipeline/differencing.ts';
import { type CandidatePartition, DISTINCT_LIMITS, lineageOf } from '../../../policies/index.ts';
import { memoryStore, seed } from '../../catalog/memory-store.ts';
import { printOf, type Row, tableOf, without } from '../../policies/guard/exact-sets.ts';

/**
 * Goal: what one answer released binds every other one: at the same time, after a restart, over versions.
 * Method: a real store in memory; a job is a `hold` that ends with its outcome's transaction or is dropped.
 */
const LINEAGE = lineageOf('power', 'uscc');
const FIRMS = tableOf(20_261_127, 300);
const SOME = FIRMS.slice(0, 200);
const NEAR = without(SOME, SOME.slice(5, 6));
const FAR = FIRMS.slice(120, 300);

let store: Store;
let guard: DifferencingGuard;
let jobs = 0;

async function newVersion(rowKeyScheme: string): Promise<number> {
  return await store.commit((tx) => {
    const version = beginVersion(tx, 'power');
    const facts = { rows: 300, bytes: 1, rowsPerUnitMax: {}, contentSha256: 'ab', report: null };
    commitVersion(tx, { resource: 'power', version, rowKeyScheme, ...facts });
    return version;
  });
}

beforeEach(async () => {
  store = memoryStore();
  await store.commit(seed);
  await newVersion('one');
  guard = openDifferencingGuard(store);
});

const partition = (rows: readonly Row[], version = 1): CandidatePartition => ({
  cells: [{ key: [], print: printOf(rows, { lineage: LINEAGE, version }) }],
  universe: printOf(FIRMS, { lineage: LINEAGE, version }),
  unitsMin: 10,
  limit: DISTINCT_LIMITS.aggregate,
});

function hold(rows: readonly Row[], version = 1) {
  jobs += 1;
  const held = guard.hold(`job-${jobs}`, [partition(rows, version)]);
  return { ...held, isShown: held.shown[0]![0]! };
}

async function finish(held: ReturnType<typeof hold>): Promise<boolean> {
  await store.commit((tx) => held.record(tx, 'aggregate'));
  held.keep();
  return held.isShown;
}
const stored = () => store.read((db) => [...readKnownSets(db, LINEAGE)]);

describe('the guard of a home', () => {
  it('remembers over a restart, in full', async () => {
    expect(await finish(hold(SOME))).toBe(true);
    guard = openDifferencingGuard(store);
    expect(hold(NEAR).isShown).toBe(false);
    expect(hold(SOME).isShown).toBe(true);
    expect(hold(FAR).isShown).toBe(true);
    const [set] = stored();
    expect(set).toMatchObject({ kind: 'released', print: printOf(SOME, { lineage: LINEAGE }) });
    expect(stored().map(({ kind }) => kind)).toEqual(['released', 'universe']);
  });

  it('lets one of two jobs at a time pass', () => {
    const [first, second] = [hold(SOME), hold(NEAR)];
    expect([first.isShown, second.isShown]).toEqual([true, false]);
    first.keep();
    expect(hold(NEAR).isShown).toBe(false);
  });

  it('forgets a job that failed, and nothing else', async () => {
    const failed = hold(SOME);
    failed.drop();
    expect(await finish(hold(NEAR))).toBe(true);
    const again = hold(NEAR);
    again.drop();
    expect(hold(SOME).isShown).toBe(false);
    expect(stored()).toHaveLength(2);
  });

  it('holds a set for two jobs until both have ended', async () => {
    const [first, second] = [hold(SOME), hold(SOME)];
    first.drop();
    expect(hold(NEAR).isShown).toBe(false);
    expect(await finish(second)).toBe(true);
    guard = openDifferencingGuard(store);
    expect(hold(NEAR).isShown).toBe(false);
  });

  it('stores a set once, and the release of what was only derived', async () => {
    await finish(hold(SOME));
    await finish(hold(SOME));
    expect(stored()).toHaveLength(2);
    const [known] = stored();
    const derived = { ...known!, identity: 'other', kind: 'derived' as const };
    const insert = (kind: 'derived' | 'released') =>
      store.commit((tx) =>
        insertKnownSets(tx, { job: 'j', mode: 'aggregate', sets: [{ ...derived, kind }], rowKeySchemeOf: () => 'one' }),
      );
    for (const kind of ['derived', 'released', 'derived'] as const) await insert(kind);
    expect(stored().find(({ identity }) => identity === 'other')?.kind).toBe('released');
  });

  it('stores what noise hid, counts it, and compares nothing with it', async () => {
    const drawn = partition(SOME);
    const held = guard.hold('drawn', [{ ...drawn, cells: drawn.cells.map((cell) => ({ ...cell, isDrawn: true })) }]);
    await store.commit((tx) => held.record(tx, 'perturbed'));
    held.keep();
    expect(stored().map(({ kind }) => kind)).toContain('drawn');
    for (const time of ['before a restart', 'after it']) {
      const near = hold(NEAR);
      near.drop();
      expect(near.isShown, time).toBe(true);
      const full = guard.hold(time, [{ ...partition(FAR), limit: { least: 1, rowsPerSet: 1000 } }]);
      full.drop();
      expect(full.shown, time).toEqual([[false]]);
      guard = openDifferencingGuard(store);
    }
    expect(await finish(hold(SOME))).toBe(true);
    expect(stored().map(({ kind }) => kind)).toEqual(['released', 'universe']);
    guard = openDifferencingGuard(store);
    expect(hold(NEAR).isShown).toBe(false);
  });

  it('remembers whose number a set was given, and gives it to what is near, but counts and compares it with nothing', async () => {
    await finish(hold(SOME));
    const print = (rows: readonly Row[]) => printOf(rows, { lineage: LINEAGE, version: 1 });
    const [first, alias, third] = [0, 9, 16].map((lacking) => print(SOME.slice(lacking)));
    const name = guard.standingFor(first!, 10)!;
    expect(guard.standingFor(alias!, 10)).toBe(name);
    // Control: by itself it is far enough.
    expect(guard.standingFor(third!, 10)).not.toBe(name);
    const cell = { key: [], print: alias!, aliasOf: name };
    const given = guard.hold('alias', [{ ...partition(FAR), cells: [cell], universe: null, addsUp: false }]);
    expect(given.shown).toEqual([[true]]);
    expect(guard.standingFor(third!, 10)).toBe(name);
    given.drop();
    expect(guard.standingFor(third!, 10)).not.toBe(name);
    const again = guard.hold('alias', [{ ...partition(FAR), cells: [cell], universe: null, addsUp: false }]);
    await store.commit((tx) => again.record(tx, 'perturbed'));
    again.keep();
    expect(stored().find(({ kind }) => kind === 'alias')).toMatchObject({ aliasOf: name });
    for (const time of ['before a restart', 'after it']) {
      expect(guard.standingFor(third!, 10), time).toBe(name);
      const limit = { least: 2, rowsPerSet: 1000 };
      const other = guard.hold(time, [{ ...partition(FAR), limit, universe: null }]);
      other.drop();
      expect(other.shown, time).toEqual([[true]]);
      guard = openDifferencingGuard(store);
    }
  });

  it('forgets what noise hid in an answer that never left', () => {
    const drawn = partition(SOME);
    const held = guard.hold('drawn', [{ ...drawn, cells: drawn.cells.map((cell) => ({ ...cell, isDrawn: true })) }]);
    held.drop();
    const limit = { least: 1, rowsPerSet: 1000 };
    expect(guard.hold('after', [{ ...partition(FAR), limit }]).shown).toEqual([[true]]);
  });

  it('compares versions, and hides what is under another scheme of row keys', async () => {
    await finish(hold(SOME));
    const same = await newVersion('one');
    expect(hold(NEAR, same).isShown).toBe(false);
    expect(hold(FAR, same).isShown).toBe(true);
    const other = await newVersion('two');
    expect(hold(FAR, other).isShown).toBe(false);
    expect(hold(SOME, other).isShown).toBe(false);
    guard = openDifferencingGuard(store);
    expect(hold(FAR, other).isShown).toBe(false);
    expect(hold(FAR, same).isShown).toBe(true);
  });

  it('hides all of a version that it does not know', () => {
    expect(hold(SOME, 99).isShown).toBe(false);
  });

  it('lets one scheme alone become the lineage’s, be it of a job that still runs', async () => {
    const other = await newVersion('two');
    const first = hold(SOME);
    expect(hold(FAR, other).isShown).toBe(false);
    expect(await finish(first)).toBe(true);
  });
});
