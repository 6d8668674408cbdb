/**
 * Goal: a witness cosigns one history of a log and no other, whatever it is sent.
 * Method: every answer of c2sp.org/tlog-witness, on a real log; a second log of the same origin and key (a split view); then
 * requests in random order. Invariants: cosigned sizes never shrink; the state is saved before a signature exists.
 */
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { appendEntry } from '../../../catalog/index.ts';
import { type AccessLog, type Checkpoint, openLog, type TreeHead } from '../../../gateway/audit/index.ts';
import { createLogKey } from '../../../gateway/audit/log-key.ts';
import { cosignerKey } from '../../../gateway/witness/cosigner-key.ts';
import { addCheckpoint, type WitnessDeps } from '../../../gateway/witness/witness.ts';
import type { WitnessState } from '../../../gateway/witness/witness-state.ts';
import { entry, memoryStore } from '../../catalog/memory-store.ts';

const ORIGIN = 'test.example/log';
const SEED = 4_242;
console.log(`witness property seed ${SEED}`);
const logKey = createLogKey(ORIGIN, generateKeyPairSync('ed25519').privateKey);
const keys = [
  cosignerKey('w', 'ed25519', generateKeyPairSync('ed25519').privateKey),
  cosignerKey('w', 'ml-dsa-44', generateKeyPairSync('ml-dsa-44').privateKey),
];

function memoryState(): WitnessState & { readonly saved: TreeHead[] } {
  const heads = new Map<string, TreeHead>();
  const saved: TreeHead[] = [];
  return {
    saved,
    latest: (origin) => heads.get(origin) ?? null,
    save(origin, { size, root }) {
      heads.set(origin, { size, root });
      saved.push({ size, root });
    },
  };
}

interface Sample {
  /** A checkpoint of each size, and the proof between any two. */
  readonly checkpoints: readonly Checkpoint[];
  proof(from: number, to: number): readonly Uint8Array[];
}

async function sample(prefix: string, count: number, key = logKey): Promise<Sample> {
  const store = memoryStore();
  const log: AccessLog = await openLog({ store, key });
  const checkpoints: Checkpoint[] = [log.checkpoint()];
  const proofs = new Map<string, readonly Uint8Array[]>();
  for (let size = 1; size <= count; size += 1) {
    await store.commit((tx) => appendEntry(tx, entry({ note: size < 3 ? 'same' : `${prefix}${size}` })));
    checkpoints.push(await log.advance());
    for (let from = 0; from <= size; from += 1) proofs.set(`${from} ${size}`, log.consistency(from) ?? []);
  }
  return { checkpoints, proof: (from, to) => proofs.get(`${from} ${to}`) ?? [] };
}

let log: Sample;
let split: Sample;
beforeAll(async () => {
  [log, split] = [await sample('a', 20), await sample('b', 20)];
});

const open = (state: WitnessState = memoryState()): WitnessDeps => ({
  logs: [logKey],
  keys,
  state,
  now: () => 1_700_000_000,
});
function requestOf(of: Sample, from: number, to: number, old = from): string {
  const lines = of.proof(from, to).map((hash) => `${Buffer.from(hash).toString('base64')}\n`);
  return `old ${old}\n${lines.join('')}\n${of.checkpoints[to]?.note}`;
}

describe('add-checkpoint', () => {
  it('cosigns the first, what grows from it, and the same again', () => {
    const witness = open();
    for (const [from, to] of [
      [0, 5],
      [5, 12],
      [12, 12],
      [12, 20],
    ] as const) {
      const { status, body } = addCheckpoint(witness, requestOf(log, from, to));
      expect(status).toBe(200);
      expect(body.split('\n').filter((line) => line.startsWith('— w '))).toHaveLength(2);
    }
  });

  it('says where it is to who is elsewhere, as text/x.tlog.size', () => {
    const witness = open();
    addCheckpoint(witness, requestOf(log, 0, 5));
    const answer = addCheckpoint(witness, requestOf(log, 0, 12));
    expect(answer).toEqual({ status: 409, type: 'text/x.tlog.size', body: '5\n' });
    expect(addCheckpoint(witness, requestOf(log, 0, 3)).status).toBe(409); // never smaller
    expect(addCheckpoint(witness, requestOf(log, 3, 12)).body).toBe('5\n');
  });

  it('cosigns no other history', () => {
    const witness = open();
    addCheckpoint(witness, requestOf(log, 0, 5));
    expect(addCheckpoint(witness, requestOf(split, 5, 12)).status).toBe(422);
    expect(addCheckpoint(witness, requestOf(split, 5, 5)).status).toBe(409);
    expect(addCheckpoint(witness, requestOf(log, 5, 12)).status, 'control').toBe(200);
  });

  it('watches several logs, each by its name', async () => {
    const otherKey = createLogKey('other.example/log', generateKeyPairSync('ed25519').privateKey);
    const other = await sample('c', 5, otherKey);
    const witness = { ...open(), logs: [logKey, otherKey] };
    const statuses = [requestOf(log, 0, 12), requestOf(other, 0, 3), requestOf(log, 12, 20), requestOf(other, 3, 5)];
    expect(statuses.map((request) => addCheckpoint(witness, request).status)).toEqual([200, 200, 200, 200]);
    expect(addCheckpoint(open(), requestOf(other, 0, 3)).status, 'control').toBe(404);
  });

  it('knows its logs, and their signatures', () => {
    const note = log.checkpoints[5]?.note ?? '';
    expect(addCheckpoint(open(), `old 0\n\n${note.replace('test.example', 'else.example')}`).status).toBe(404);
    expect(addCheckpoint(open(), `old 0\n\n${note.replace('\n5\n', '\n6\n')}`).status).toBe(403);
    expect(addCheckpoint(open(), `old 6\n\n${note}`).status).toBe(400);
    const other = createLogKey(ORIGIN, generateKeyPairSync('ed25519').privateKey);
    expect(addCheckpoint({ ...open(), logs: [other] }, `old 0\n\n${note}`).status).toBe(403);
    expect(addCheckpoint({ ...open(), logs: [other, logKey] }, `old 0\n\n${note}`).status, 'control').toBe(200);
  });

  it.each([
    '',
    'old 0',
    'old 00\n\nx',
    'old -1\n\nx',
    'new 0\n\nx',
    'old 0\nnot base64\n\nx',
    `old 0\n${'A\n'.repeat(64)}\nx`,
  ])('refuses %j', (text) => expect(addCheckpoint(open(), text).status).toBe(400));

  it('refuses a proof with a hash changed, left out or too many', () => {
    const witness = open();
    addCheckpoint(witness, requestOf(log, 0, 5));
    const lines = requestOf(log, 5, 12).split('\n');
    for (let i = 1; i < lines.indexOf(''); i += 1) {
      expect(addCheckpoint(witness, lines.toSpliced(i, 1).join('\n')).status).toBe(422);
      expect(addCheckpoint(witness, lines.with(i, Buffer.alloc(32).toString('base64')).join('\n')).status).toBe(422);
      expect(addCheckpoint(witness, lines.toSpliced(i, 0, lines[i] ?? '').join('\n')).status).toBe(422);
    }
    expect(addCheckpoint(witness, lines.join('\n')).status, 'control').toBe(200);
  });

  it('signs nothing that it could not save', () => {
    const state: WitnessState = {
      latest: () => null,
      save: () => {
        throw new Error('disk full');
      },
    };
    let signed = 0;
    const watched = keys.map((key) => ({
      ...key,
      sign(message: Uint8Array) {
        signed += 1;
        return key.sign(message);
      },
    }));
    expect(() => addCheckpoint({ ...open(state), keys: watched }, requestOf(log, 0, 5))).toThrow('disk full');
    expect(signed).toBe(0);
  });

  it('never goes back, in any order of requests of two histories', () => {
    const request = fc.record({ isSplit: fc.boolean(), from: fc.nat(20), to: fc.nat(20), old: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 40 }), (requests) => {
        const state = memoryState();
        const witness = open(state);
        for (const { isSplit, from, to, old } of requests) {
          addCheckpoint(witness, requestOf(isSplit ? split : log, from, to, old));
        }
        const roots = state.saved.map(({ size, root }) => `${size} ${Buffer.from(root).toString('hex')}`);
        const of = (one: Sample) =>
          one.checkpoints.map(({ size, root }) => `${size} ${Buffer.from(root).toString('hex')}`);
        const isOneHistory = [of(log), of(split)].some((history) => roots.every((root) => history.includes(root)));
        const isGrowing = state.saved.every(({ size }, i) => i === 0 || size >= (state.saved[i - 1]?.size ?? 0));
        return isOneHistory && isGrowing;
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});
