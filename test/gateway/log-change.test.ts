/** Goal: what a query or a plan is about is logged whatever its size. Control: all names of it would not fit into an entry. */
import { expect, it } from 'vitest';
import { appendEntry } from '../../catalog/index.ts';
import { listedTables } from '../../gateway/log-change.ts';
import { entry, memoryStore } from '../catalog/memory-store.ts';

const table = (resource: string, columns: number) => ({
  resource,
  version: 1,
  columns: Array.from({ length: columns }, (_, i) => `c${i}`.padEnd(63, 'x')),
  level: 'general-2' as const,
});

it('names the columns where they fit, the tables always', async () => {
  const store = memoryStore();
  const [few, many] = [
    [table('a', 250), table('b', 250)],
    [table('a', 500), table('b', 500)],
  ];
  const append = (tables: ReturnType<typeof listedTables>) => store.commit((tx) => appendEntry(tx, entry({ tables })));
  await expect(append(many), 'control').rejects.toThrow('an entry fits');
  await append(listedTables(few));
  await append(listedTables(many));
  expect(listedTables(few)).toEqual(few);
  expect(listedTables(many).map(({ resource, columns }) => [resource, columns])).toEqual([
    ['a', []],
    ['b', []],
  ]);
  store.close();
});
