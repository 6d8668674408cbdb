/**
 * Goal: a certificate of an exit rests on a search that knew what to look for, whatever cuts the destruction off; an order that was cut
 * off before its package was made is gone on with.
 */
import { expect, test } from 'vitest';
import { findExit, orderExit, putOrganisation, type Store } from '../../../catalog/index.ts';
import { ExitRegister } from '../../../gateway/operators/exit-register.ts';
import { createExitService } from '../../../gateway/operators/exit-service.ts';
import { memoryStore } from '../../catalog/memory-store.ts';

const BUREAU = { sub: 'dan', org: 'bureau', role: 'bureau' } as const;
const ORDER = { operator: 'op', cause: 'expiry', reason: 'term' } as const;

type Part = 'all' | 'beside-store';

/** A service whose search finds, or fails, as the test says. */
async function opened(search: (part: Part) => number): Promise<{
  readonly store: Store;
  readonly exits: ReturnType<typeof createExitService>;
}> {
  const store = memoryStore();
  await store.commit((tx) => putOrganisation(tx, { id: 'op', title: { zh: '运', en: 'op' }, kind: 'operator' }));
  const exits = createExitService({
    store,
    register: new ExitRegister(store),
    jobs: { stopFallen: async () => 0 },
    sandbox: { expel: async () => 0 },
    destructions: {
      destroy: async () => {
        throw new Error('it has no tables');
      },
    },
    scan: async (_pieces, part) => ({ files: 1, bytes: 1, copiesLeft: search(part) }),
  });
  return { store, exits };
}

test('control: what is searched before and after is certified', async () => {
  const { exits } = await opened(() => 0);
  const { exit } = await exits.order(BUREAU, ORDER);
  const { destroyedAt, certificate } = await exits.destroy(BUREAU, 'op', exit.packageSha256 ?? '');
  expect([destroyedAt, certificate]).not.toContain(null);
});

test.each(['finds a copy', 'breaks off'])(
  'where the search after the removal %s, no later one is certified',
  async (how) => {
    let isFirst = true;
    const { store, exits } = await opened((part) => {
      if (part === 'beside-store' || !isFirst) return 0;
      isFirst = false;
      if (how === 'breaks off') throw new Error('cut off');
      return 1;
    });
    const { exit } = await exits.order(BUREAU, ORDER);
    const destroy = () => exits.destroy(BUREAU, 'op', exit.packageSha256 ?? '');
    await expect(destroy()).rejects.toThrow();
    await expect(destroy()).rejects.toMatchObject({ code: 'EXIT_STATE' });
    expect(store.read((db) => findExit(db, 'op'))).toMatchObject({ certificate: null, destroyedAt: null });
  },
);

test('a copy that is found before anything is removed can be taken away, and the order given again', async () => {
  let copies = 1;
  const { exits } = await opened(() => copies);
  const { exit } = await exits.order(BUREAU, ORDER);
  const destroy = () => exits.destroy(BUREAU, 'op', exit.packageSha256 ?? '');
  await expect(destroy()).rejects.toMatchObject({ code: 'DESTRUCTION_INCOMPLETE' });
  copies = 0;
  expect((await destroy()).certificate).not.toBeNull();
});

test('an order that was cut off before its package was made is gone on with; one that was not is refused', async () => {
  const { store, exits } = await opened(() => 0);
  await store.commit((tx) => orderExit(tx, { ...ORDER, orderedBy: 'bureau/dan' }));
  expect((await exits.order(BUREAU, ORDER)).exit.packageSha256).not.toBeNull();
  await expect(exits.order(BUREAU, ORDER)).rejects.toMatchObject({ code: 'EXIT_STATE' });
});
