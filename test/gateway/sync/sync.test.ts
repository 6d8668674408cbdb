/**
 * Goal: whatever the way does to a peer's envelopes (loss, repeats, another order, another content), what is here is what the peer signed, once
 * and in its order; and a day's lists tell every difference, none of which counts before somebody decided it.
 * Method: drawn deliveries and lists against a reference that keeps two maps and a number. Seed: printed.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginVersion,
  commitVersion,
  findEnvelope,
  getPlan,
  type Store,
  sha256Hex,
  standingOf,
  standingOfEnvelope,
  submitPlan,
} from '../../../catalog/index.ts';
import { type Envelope, listedOf, sealEnvelope, sealList } from '../../../gateway/sync/envelope.ts';
import { standsFor } from '../../../policies/index.ts';
import { memoryStore, seed } from '../../catalog/memory-store.ts';
import { BUREAU, carrier, HOME, newKey, openSync, outcomeOf, putPeer, type TestPeer } from './peer.ts';

const SEED = 20_261_128;
console.log(`sync seed ${SEED}`);

/** The store's own clock stands at 2026-03-01; envelopes are of the day before, a Saturday that was worked (调休). */
const NOW = () => new Date('2026-03-01T08:00:00Z');
const [SIGNED_AT, DAY] = ['2026-02-28T02:00:00Z', '2026-02-28'];
const digest = (content: string) => sha256Hex(content);

async function opened(): Promise<Store> {
  const store = memoryStore();
  await store.commit(seed);
  return store;
}

/** A notice of a batch of `power`; `variant` makes another content of it. */
async function notice({ id, key }: TestPeer, sequence: number, variant = '', change: Partial<Envelope> = {}) {
  const payload = { resource: 'power', sha256: digest(`batch ${sequence}${variant}`) };
  const said = { from: id, to: HOME, key: `k${sequence}`, sequence, kind: 'batch-notice', at: SIGNED_AT } as const;
  return { envelope: await sealEnvelope(key, { ...said, ...change }, payload), payload };
}

describe('deliveries and lists', () => {
  const SENT = 5;
  const delivery = fc.record({ n: fc.integer({ min: 1, max: SENT }), isAltered: fc.boolean() });
  const listing = fc.array(fc.constantFrom('listed', 'left out', 'altered'), { minLength: SENT, maxLength: SENT });

  it('are what a reference of two maps says', { timeout: 300_000 }, async () => {
    const store = await opened();
    const sync = openSync(store, NOW);
    let runs = 0;
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(delivery, { minLength: 3, maxLength: 10 }), listing, async (deliveries, listed) => {
        runs += 1;
        const peer = await putPeer(store, `peer-${runs}`, 'inside');
        const received = new Map<number, boolean>();
        for (const { n, isAltered } of deliveries) {
          const expected = expectedOf(received, n, isAltered);
          const sent = await notice(peer, n, isAltered ? ' altered' : '');
          expect(await outcomeOf(sync.deliver(carrier(peer.id), peer.id, sent))).toBe(expected);
          if (expected === 'new') received.set(n, isAltered);
          seen.add(expected);
        }
        const theirs = listed.flatMap((how, place) =>
          how === 'left out' ? [] : [[place + 1, how === 'altered'] as const],
        );
        const envelopes = await Promise.all(
          theirs.map(async ([n, isAltered]) => listedOf((await notice(peer, n, isAltered ? ' altered' : '')).envelope)),
        );
        const list = await sealList(peer.key, { from: peer.id, to: HOME, day: DAY, envelopes });
        const { mismatches } = await sync.reconcile(carrier(peer.id), peer.id, list);
        const expected = expectedMismatches(received, new Map(theirs));
        expect(Object.fromEntries(mismatches.map(({ key, kind }) => [key, kind]))).toEqual(expected);
        for (const kind of Object.values(expected)) seen.add(kind);
        for (const n of received.keys()) {
          const standing = store.read((db) =>
            standingOfEnvelope(db, findEnvelope(db, peer.id, `k${n}`)!, '2026-03-01'),
          );
          expect(standsFor(standing)).toBe(expected[`k${n}`] === undefined);
        }
      }),
      { seed: SEED, numRuns: 15 },
    );
    expect([...seen].sort()).toEqual(
      ['SYNC_CONFLICT', 'SYNC_SEQUENCE', 'differs', 'missing-here', 'missing-there', 'new', 'repeat'].sort(),
    );
  });

  /** Content by number; the next is always one more than how many there are. */
  function expectedOf(received: ReadonlyMap<number, boolean>, n: number, isAltered: boolean): string {
    const known = received.get(n);
    if (known !== undefined) return known === isAltered ? 'repeat' : 'SYNC_CONFLICT';
    return n === received.size + 1 ? 'new' : 'SYNC_SEQUENCE';
  }

  function expectedMismatches(ours: ReadonlyMap<number, boolean>, theirs: ReadonlyMap<number, boolean>) {
    const found: Record<string, string> = {};
    for (let n = 1; n <= SENT; n += 1) {
      if (ours.has(n) && theirs.has(n) && ours.get(n) !== theirs.get(n)) found[`k${n}`] = 'differs';
      else if (!ours.has(n) && theirs.has(n)) found[`k${n}`] = 'missing-here';
      else if (ours.has(n) && !theirs.has(n)) found[`k${n}`] = 'missing-there';
    }
    return found;
  }
});

describe('an envelope', () => {
  const CASES: readonly [string, string, Partial<Envelope>][] = [
    ['as it should be', 'new', {}],
    ['for another gateway', 'SIGNATURE_INVALID', { to: 'other.example/log+1+x' }],
    ['of another peer', 'SIGNATURE_INVALID', { from: 'other' }],
    ['too old', 'SYNC_REFUSED', { at: '2026-02-20T00:00:00Z' }],
    ['of the future', 'SYNC_REFUSED', { at: '2026-03-01T08:06:00Z' }],
    ['after a gap', 'SYNC_SEQUENCE', { sequence: 2 }],
    ['of a kind that a peer of this side hands over not', 'SYNC_REFUSED', { kind: 'resource-request' }],
  ];
  it.each(CASES)('%s: %s', async (_, expected, change) => {
    const store = await opened();
    const peer = await putPeer(store, 'platform', 'inside');
    const sent = await notice(peer, 1, '', change);
    expect(await outcomeOf(openSync(store, NOW).deliver(carrier('platform'), 'platform', sent))).toBe(expected);
  });

  it('is the peer’s by its key, and what was signed by its payload', async () => {
    const store = await opened();
    const sync = openSync(store, NOW);
    const peer = await putPeer(store, 'platform', 'inside');
    const deliver = (sent: Awaited<ReturnType<typeof notice>>) =>
      outcomeOf(sync.deliver(carrier('platform'), 'platform', sent));
    expect(await deliver(await notice({ ...peer, key: await newKey() }, 1))).toBe('SIGNATURE_INVALID');
    const sent = await notice(peer, 1);
    expect(await deliver({ ...sent, payload: { ...sent.payload, sha256: digest('other') } })).toBe('SYNC_REFUSED');
    const [head = '', , signature = ''] = sent.envelope.split('.');
    const other = (await notice(peer, 1, ' other')).envelope.split('.')[1] ?? '';
    expect(await deliver({ ...sent, envelope: `${head}.${other}.${signature}` })).toBe('SIGNATURE_INVALID');
    expect(await deliver(sent)).toBe('new');
  });

  it('of a request becomes a demand of the bureau that declared the peer', async () => {
    const store = await opened();
    const { key } = await putPeer(store, 'province', 'outside');
    const payload = { provider: 'grid', title: 't', need: 'n', class: 'governance' };
    const said = {
      from: 'province',
      to: HOME,
      key: 'r1',
      sequence: 1,
      kind: 'resource-request',
      at: SIGNED_AT,
    } as const;
    const sent = { envelope: await sealEnvelope(key, said, payload), payload };
    const { envelope } = await openSync(store, NOW).deliver(carrier('province'), 'province', sent);
    expect(envelope.subject).toBe('sync-province-r1');
  });
});

describe('a table whose batches are announced', () => {
  const PLAN = {
    id: 'p',
    title: 't',
    purpose: 'p',
    class: 'governance',
    org: 'dev',
    author: 'ann',
    tables: [{ resource: 'power', columns: ['kwh'] }],
    unitsMin: null,
    jobsMax: null,
    validFrom: '2026-01-01',
    validUntil: '2027-01-01',
  } as const;
  const version = { rows: 100, bytes: 1, rowsPerUnitMax: {}, rowKeyScheme: 's' };

  async function withPlan() {
    const store = await opened();
    await store.commit((tx) => submitPlan(tx, PLAN));
    const missing = (today: string) =>
      store.read((db) => standingOf(db, getPlan(db, 'p'), today)).findings.reconciled.missing?.en ?? null;
    const upload = (contentSha256: string, report: unknown = null) =>
      store.commit((tx) =>
        commitVersion(tx, { ...version, resource: 'power', version: beginVersion(tx, 'power'), contentSha256, report }),
      );
    return { store, missing, upload };
  }

  it('has rows that were announced, all that they grew from included', async () => {
    const { store, missing, upload } = await withPlan();
    const sync = openSync(store, NOW);
    await upload(digest('by hand'));
    expect(missing('2026-03-01')).toBeNull(); // control: nobody announces anything of it
    const peer = await putPeer(store, 'platform', 'inside');
    for (const n of [1, 2]) await sync.deliver(carrier('platform'), 'platform', await notice(peer, n));
    expect(missing('2026-03-01')).toBe('power: its rows were not announced');
    const appended = { appended: { base: 1 }, contentSha256: digest('batch 1') };
    await upload('over both', appended);
    expect(missing('2026-03-01')).toBe('power: its rows were not announced');
    await upload(digest('batch 1'));
    expect(missing('2026-03-01')).toBeNull();
    await upload('over both', { appended: { base: 3 }, contentSha256: digest('batch 2') });
    expect(missing('2026-03-01')).toBeNull();
  });

  it('rests from the day on that nobody reconciled, until somebody else decided', async () => {
    const { store, missing, upload } = await withPlan();
    const sync = openSync(store, NOW);
    const peer = await putPeer(store, 'platform', 'inside');
    await sync.deliver(carrier('platform'), 'platform', await notice(peer, 1));
    await upload(digest('batch 1'));
    // The next working day after Saturday 28 February is Monday.
    expect(missing('2026-03-02')).toBeNull();
    expect(missing('2026-03-03')).toBe('power (platform/k1): the day was not reconciled in time');
    const list = await sealList(peer.key, { from: 'platform', to: HOME, day: DAY, envelopes: [] });
    await sync.reconcile({ ...BUREAU, sub: 'bo' }, 'platform', list);
    expect(missing('2026-03-01')).toBe('power (platform/k1): a mismatch is open');
    const decide = (sub: string) =>
      sync.decide({ ...BUREAU, sub }, 'platform', 'k1', { verdict: 'accept', reason: 'asked by telephone' });
    await expect(decide('bo')).rejects.toMatchObject({ code: 'POLICY_ACCESS_DENIED' });
    await decide('ann');
    expect(missing('2026-03-03')).toBeNull();
    await expect(decide('ann')).rejects.toMatchObject({ code: 'SYNC_STATE' });
  });

  it('is held to a list that came before the envelope', async () => {
    const { store, missing, upload } = await withPlan();
    const sync = openSync(store, NOW);
    const peer = await putPeer(store, 'platform', 'inside');
    const list = (envelopes: readonly ReturnType<typeof listedOf>[], day = DAY) =>
      sealList(peer.key, { from: 'platform', to: HOME, day, envelopes });
    const late = await notice(peer, 1);
    const named = await list([listedOf(late.envelope)]);
    expect((await sync.reconcile(carrier('platform'), 'platform', named)).mismatches).toHaveLength(1);
    expect((await sync.reconcile(carrier('platform'), 'platform', named)).isNew).toBe(false);
    await expect(sync.reconcile(carrier('platform'), 'platform', await list([]))).rejects.toMatchObject({
      code: 'SYNC_CONFLICT',
    });
    await expect(sync.reconcile(carrier('platform'), 'platform', await list([], '2026-03-01'))).rejects.toMatchObject({
      code: 'SYNC_STATE',
    });
    await sync.deliver(carrier('platform'), 'platform', late);
    await upload(digest('batch 1'));
    expect(missing('2026-03-01')).toBe('power (platform/k1): a mismatch is open');
    await sync.decide(BUREAU, 'platform', 'k1', { verdict: 'accept', reason: 'it came late' });
    expect(missing('2026-03-01')).toBeNull();
    await sync.deliver(carrier('platform'), 'platform', await notice(peer, 2));
    await upload(digest('batch 2'));
    expect(missing('2026-03-01')).toBe('power (platform/k2): a mismatch is open');
    await sync.decide(BUREAU, 'platform', 'k2', { verdict: 'discard', reason: 'nobody knows of it' });
    expect(missing('2026-03-01')).toBe('power (platform/k2): discarded');
  });
});
