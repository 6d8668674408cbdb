/**
 * Goal: over real people's microdata (US Census PUMS) encrypted sums, squares and linear scores open to the plaintext answers, bit for bit.
 * Control: one row left out of a declared set opens to another number.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { openedAnswers, plainAnswers, type SumTable, sumTable } from './generated-sums.ts';

const csv = readFileSync(join(import.meta.dirname, '../../fixtures/pums/PUMS_pid.csv'), 'utf8');
const [head = '', ...lines] = csv.trim().split('\n');
const of = (line: string, name: string) => Number(line.split(',')[head.split(',').indexOf(name)]);

let table: SumTable;
beforeAll(async () => {
  const column = (name: string) => BigInt64Array.from(lines, (line) => BigInt(Math.round(of(line, name))));
  const readable = lines.map((line) => `'${'abcd'[of(line, 'educ') % 4]!}', ${of(line, 'age')}`);
  table = await sumTable({ paid: column('income'), tax: column('age') }, readable);
});

const QUESTIONS: readonly (readonly [sql: string, keys: readonly string[]])[] = [
  ['AS t', []],
  ['AS t GROUP BY r', ['r']],
  ['AS t WHERE s BETWEEN 25 AND 64 GROUP BY r', ['r']],
  ['AS t GROUP BY s', ['s']],
  ['AS t GROUP BY r, s', ['r', 's']],
  ["AS t JOIN regions ON code = r WHERE s < 40 OR r = 'c' GROUP BY zone", ['zone']],
];

it.each(QUESTIONS)('%s', async (sql, keys) => {
  for (const weights of [
    { paid: 1n, tax: 0n },
    { paid: 3n, tax: -1_000n },
  ]) {
    const query = { sql, keys, weights };
    expect(await openedAnswers(table, query)).toEqual(await plainAnswers(table, query));
  }
});

it('the questions are not all of nothing: the control', async () => {
  const [sql, keys] = QUESTIONS[0]!;
  const weights = { paid: 1n, tax: 0n };
  const all = await plainAnswers(table, { sql, keys, weights });
  const fewer = await openedAnswers(table, { sql: `${sql} WHERE t._idx > 0`, keys, weights });
  expect(all['']!.count).toBe(BigInt(lines.length));
  expect(fewer).not.toEqual(all);
});
