/**
 * Goal: what the engine sums over stored words, by group, with filters, opens to the plaintext sums, bit for bit; and the row sets that
 * it returns are those of the groups. On one thread and on two.
 * Control: a row more in a set, or a word changed, and the sums differ.
 */
import { afterAll, expect, it } from 'vitest';
import { seededWords } from '../../../bench/seeded-words.ts';
import { openAsheThreads } from '../../../sandbox/homomorphic/ashe/ashe-threads.ts';
import { generatedQueries, openedAnswers, plainAnswers, seededTable } from './generated-sums.ts';

const SEED = 20_261_127n;
const QUERIES = 1_000;
console.log(`encrypted sums seed ${SEED}, ${QUERIES} queries`);

const threads = openAsheThreads(2);
afterAll(() => threads.close());

it('generated queries over ciphertext give the plaintext answers bit for bit', { timeout: 240_000 }, async () => {
  const table = await seededTable(seededWords(SEED), 20_011);
  const queries = generatedQueries(seededWords(SEED + 1n), QUERIES);
  for (const [at, query] of queries.entries()) {
    const workers = at % 2 === 0 ? threads : undefined;
    expect(await openedAnswers(table, query, workers), query.sql).toEqual(await plainAnswers(table, query));
  }
});
