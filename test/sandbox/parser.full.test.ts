import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError, type ErrorCode } from '#policies';
import { SYNTAX_HINTS } from '../../policies/sql/forms/syntax-hints.ts';
import { openParser, type Parser } from '../../sandbox/parser.ts';
import type { SandboxEvent } from '../../sandbox/sandbox-event.ts';
import { familyOf } from './process-family.ts';
import { asUntrusted } from './sandbox-fixture.ts';

const events: SandboxEvent[] = [];
let parser: Parser;
beforeAll(async () => {
  parser = openParser('namespaces', (event) => events.push(event));
  await parser.ready;
});
afterAll(() => parser.close());

const parse = (text: string, signal?: AbortSignal) => parser.parse(asUntrusted(text), signal);

test('gives DuckDB’s own tree of one SELECT', async () => {
  const tree = JSON.parse(await parse("SELECT dept, count(*) FROM people WHERE name = '鄂州' GROUP BY ALL")) as {
    error: boolean;
    statements: { node: { type: string } }[];
  };
  expect(tree.error).toBe(false);
  expect(tree.statements).toHaveLength(1);
  expect(tree.statements[0]?.node.type).toBe('SELECT_NODE');
});

/** Of the tests of the compiler, none comes by this process. */
describe('what other systems write', () => {
  test.each(SYNTAX_HINTS.map(({ example, accepted }) => [example, accepted] as const))(
    '%s is told the form to write instead',
    async (example, accepted) => {
      await expect(parse(example)).rejects.toMatchObject({ code: 'SQL_SYNTAX', facts: { accepted } });
    },
  );

  test.each(['SELEC 1', 'SELECT count(*) FROM', 'SELECT top FROM people GROUP 10'])('control: %s', async (text) => {
    const refusal: unknown = await parse(text).catch((reason: unknown) => reason);
    expect(refusal).toMatchObject({ code: 'SQL_SYNTAX' });
    expect((refusal as AppError).facts).not.toHaveProperty('accepted');
  });

  test('names in backticks are read as names in double quotes', async () => {
    expect(await parse('SELECT `a b` FROM `people` -- `x`')).toBe(await parse('SELECT "a b" FROM "people" -- `x`'));
    await expect(parse('SELECT `a` FROM people GROUP 10')).rejects.toMatchObject({ place: { line: 1, column: 30 } });
  });
});

describe('refusals', () => {
  test.each([
    ['a word that is no SQL', 'selec 1', 'SQL_SYNTAX', { near: 'selec' }, { line: 1, column: 1 }],
    [
      'the second line, after Chinese',
      "SELECT '鄂州𠮷'\nFROM = 1",
      'SQL_SYNTAX',
      { near: '=' },
      { line: 2, column: 6 },
    ],
    ['an open string', "SELECT 'abc", 'SQL_SYNTAX', { near: "'" }, { line: 1, column: 8 }],
    ['an open bracket', 'SELECT [1, 2', 'SQL_SYNTAX', { near: '' }, { line: 1, column: 13 }],
    ['a null byte', 'SELECT 1\0', 'SQL_SYNTAX', { near: '' }, { line: 1, column: 9 }],
    ['a lone surrogate', 'SELECT "\uD800"', 'SQL_SYNTAX', { near: '' }, { line: 1, column: 9 }],
  ] as const)('%s', async (_, text, code, facts, place) => {
    const error = await parse(text).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code, facts, place });
  });

  test.each([
    ['nothing', '', 'SQL_NOT_SELECT', {}],
    ['a comment', '-- nothing', 'SQL_NOT_SELECT', {}],
    ['two statements', 'SELECT 1; SELECT 2', 'SQL_STATEMENTS', { count: 2 }, { column: 11 }],
    [
      '10,000 parentheses',
      `SELECT ${'('.repeat(10_000)}1${')'.repeat(10_000)}`,
      'SQL_TOO_COMPLEX',
      { what: 'nesting' },
    ],
    ['5,000 NOTs', `SELECT ${'NOT '.repeat(5_000)}TRUE`, 'SQL_TOO_COMPLEX', { what: 'nesting' }],
    ['a sum of 5,000', `SELECT ${'1+'.repeat(5_000)}1`, 'SQL_TOO_COMPLEX', { what: 'nesting' }],
    [
      '2,000 calls in calls',
      `SELECT ${'f('.repeat(2_000)}1${')'.repeat(2_000)}`,
      'SQL_TOO_COMPLEX',
      { what: 'nesting' },
    ],
    ['a megabyte literal', `SELECT '${'x'.repeat(1024 * 1024)}'`, 'SQL_TOO_LONG', { bytesMax: 100_000 }],
    ['40,000 characters of three bytes', `SELECT '${'数'.repeat(40_000)}'`, 'SQL_TOO_LONG', { bytesMax: 100_000 }],
  ] as [string, string, ErrorCode, Record<string, unknown>][])('%s', async (_, text, code, facts) => {
    await expect(parse(text)).rejects.toMatchObject({ code, facts });
  });

  const STATEMENTS = [
    ...['CREATE TABLE t (i INT)', 'INSERT INTO t VALUES (1)', 'UPDATE t SET i = 1', 'DELETE FROM t', 'DROP TABLE t'],
    ...[
      "COPY t TO 'x'",
      "ATTACH 'x'",
      'DETACH x',
      'SET x = 1',
      'RESET x',
      'PRAGMA version',
      'CALL f()',
      'EXPLAIN SELECT 1',
    ],
    ...[
      'PREPARE p AS SELECT 1',
      'EXECUTE p',
      'BEGIN',
      'COMMIT',
      'VACUUM',
      'CHECKPOINT',
      'INSTALL x',
      'LOAD x',
      'USE x',
    ],
    ...[
      'SET VARIABLE x = 1',
      'CREATE MACRO m() AS 1',
      "EXPORT DATABASE 'x'",
      'ALTER TABLE t ADD COLUMN j INT',
      'ANALYZE',
    ],
    ...[
      'CREATE SECRET s (TYPE http)',
      'PIVOT t ON x USING sum(y)',
      "COMMENT ON TABLE t IS 'x'",
      'SELECT 1; DROP TABLE t',
    ],
  ];
  test.each(STATEMENTS)('%s is no SELECT', async (statement) => {
    await expect(parse(statement)).rejects.toMatchObject({ code: 'SQL_NOT_SELECT', facts: {} });
  });
});

/**
 * Goal: no text makes the parser answer anything but a tree or a refusal from the closed list.
 * Method: fast-check builds texts from SQL fragments and any Unicode.
 * Invariants: an AppError of an SQL code, or JSON of one statement; the parser process is the same throughout.
 */
test('any text gives a tree or a clean refusal', async () => {
  const seed = 20260102;
  const before = parser.pid();
  const fragment = fc.oneof(
    fc.constantFrom(
      'SELECT ',
      'FROM ',
      'WHERE ',
      '(',
      ')',
      ',',
      "'",
      '"',
      '$1',
      '--',
      '/*',
      ';',
      '::',
      '[',
      '{',
      '*',
      'x ',
      '1 ',
    ),
    fc.string({ unit: 'binary' }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fragment, { maxLength: 30 }), async (fragments) => {
      const outcome = await parse(`SELECT ${fragments.join('')}`).catch((reason: unknown) => reason);
      if (typeof outcome === 'string') return void JSON.parse(outcome);
      expect(outcome).toBeInstanceOf(AppError);
      expect((outcome as AppError).code).toMatch(/^SQL_/);
    }),
    { seed, numRuns: 500 },
  );
  expect(parser.pid()).toBe(before);
});

test('a parser that is killed in the middle is replaced, and the text is read by the next', async () => {
  const before = parser.pid();
  const some = () => Array.from({ length: 20 }, (_, index) => parse(`SELECT ${String(index)}`));
  const asked = some();
  process.kill(before ?? 0, 'SIGKILL');
  const trees = await Promise.all(asked);
  // WHY more: on a busy machine the worker may answer them all before its death reaches it.
  while (parser.pid() === before) trees.push(...(await Promise.all(some())));
  expect(trees.every((tree) => tree.includes('"error":false'))).toBe(true);
  expect(parser.pid()).not.toBe(before);
  expect(events).toContainEqual({ kind: 'parser-replaced', reason: 'crashed' });
});

describe('a text that takes long', () => {
  const started: Parser[] = [];
  const bounded = async (cpuMsMax: number, wallMsMax: number) => {
    const other = openParser('namespaces', (event) => events.push(event), { cpuMsMax, wallMsMax });
    started.push(other);
    await other.ready;
    return { ask: (text: string) => other.parse(asUntrusted(text)), pid: other.pid };
  };
  afterAll(() => Promise.all(started.map((one) => one.close())));
  /** A tree of millions of characters. */
  const LARGE = `SELECT ${'a+b,'.repeat(9_000)}1`;

  test('is refused by the work that it makes, and the next is read', async () => {
    const { ask } = await bounded(5, 600_000);
    await expect(ask(LARGE)).rejects.toMatchObject({ code: 'SQL_TOO_COMPLEX', facts: { limit: 5 } });
    expect(events).toContainEqual({ kind: 'parser-replaced', reason: 'work' });
    expect(await ask('SELECT 1')).toContain('"error":false');
  });

  test('because the machine does other things is none the worse for it', async () => {
    const { ask, pid } = await bounded(1_000, 600_000);
    for (const one of familyOf(pid())) process.kill(one, 'SIGSTOP');
    const asked = ask('SELECT 1');
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // longer than the work that it may make
    for (const one of familyOf(pid())) process.kill(one, 'SIGCONT');
    expect(await asked).toContain('"error":false');
  });

  test('because its parser neither dies nor answers is told apart, and the next is read', async () => {
    const { ask, pid } = await bounded(1_000, 3_000);
    for (const one of familyOf(pid())) process.kill(one, 'SIGSTOP');
    await expect(ask('SELECT 1')).rejects.toMatchObject({ code: 'SANDBOX_SLOW', facts: { seconds: 3 } });
    expect(await ask('SELECT 2')).toContain('"error":false');
  });
});

test('the queue is bounded, and an aborted text is dropped', async () => {
  const controller = new AbortController();
  const many = Array.from({ length: 400 }, () => parse('SELECT 1', controller.signal));
  controller.abort(new Error('gone'));
  const settled = await Promise.allSettled(many);
  const reasons = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as AppError] : []));
  expect(reasons.some((reason) => reason.code === 'SANDBOX_BUSY')).toBe(true);
  expect(reasons.some((reason) => reason.message === 'gone')).toBe(true);
  expect(await parse('SELECT 1')).toContain('"error":false');
});
