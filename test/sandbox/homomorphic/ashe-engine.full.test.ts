/**
 * Goal: what the engine sums over stored words, by group, with filters, opens to the plaintext sums, bit for bit; and the row sets that
 * it returns are those of the groups. On one thread and on two.
 * Control: a row more in a set, or a word changed, and the sums differ.
 */
import { afterAll, expect, it } from 'vitest';
import { seededWords } from '../../../bench/seeded-words.ts';
import { sumOfWords } from '../../../sandbox/homomorphic/ashe/ashe-sql.ts';
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

it('words at the ends of their range add up in the engine as in the ring, signed or, of a former layout, unsigned', async () => {
  const { connection } = await seededTable(seededWords(SEED), 1);
  const next = seededWords(SEED + 2n);
  const ends = [-(2n ** 63n), 2n ** 63n - 1n, -1n, 0n];
  const words = Array.from({ length: 5_000 }, (_, at) => (at % 3 === 0 ? BigInt.asIntN(64, next()) : ends[at % 4]!));
  const pairs = words.map((low, at) => [low, words[words.length - 1 - at]!] as const);
  const sums = async (type: string, asStored: (word: bigint) => bigint) => {
    const rows = pairs.map(([low, high]) => `(${asStored(low)}, ${asStored(high)})`);
    await connection.run(`CREATE OR REPLACE TABLE ends (low ${type}, high ${type})`);
    await connection.run(`INSERT INTO ends VALUES ${rows.join(', ')}`);
    const reader = await connection.runAndReadAll('SELECT sum(low), sum(high) FROM ends');
    const [low, high] = reader.getRows()[0] as [bigint, bigint];
    return BigInt.asUintN(128, sumOfWords([low, high]));
  };
  const whole = pairs.reduce((sum, [low, high]) => sum + low + (high << 64n), 0n);
  expect(await sums('BIGINT', (word) => word)).toBe(BigInt.asUintN(128, whole));
  // A former layout's pair is the same number in other words.
  const formerly = pairs.reduce((sum, [low, high]) => sum + BigInt.asUintN(64, low) + (high << 64n), 0n);
  expect(await sums('UBIGINT', (word) => BigInt.asUintN(64, word))).toBe(BigInt.asUintN(128, formerly));
});
