import { expect, test } from 'vitest';
import { AppError } from '../../../policies/errors.ts';
import { readSyntaxTree, type UntrustedSql } from '../../../policies/sql/parse.ts';
import { codePointOffset, offsetReader } from '../../../policies/sql/text-offsets.ts';

const sql = (text: string): UntrustedSql => text as UntrustedSql;
const refusal = (text: string, serialized: unknown): AppError => {
  try {
    readSyntaxTree(sql(text), typeof serialized === 'string' ? serialized : JSON.stringify(serialized));
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('not refused');
};

test('integers beyond a double stay exact, also beside the marker of no place', () => {
  const node = '{"query_location":18446744073709551615,"value":{"upper":-1,"lower":12776324570088369205},"small":42}';
  const parsed = readSyntaxTree(
    sql('SELECT 1'),
    `{"error":false,"statements":[{"node":${node},"named_param_map":[]}]}`,
  );
  expect(parsed.node).toMatchObject({ value: { upper: -1, lower: '12776324570088369205' }, small: 42 });
});

test('a syntax error has its place, counted in code points by the parser and in UTF-16 here', () => {
  const error = refusal("SELECT '😀' FROM\nt )", {
    error: true,
    error_type: 'parser',
    error_message: 'secret engine text',
    position: '18',
  });
  expect(error.code).toBe('SQL_SYNTAX');
  expect(error.place).toEqual({ offset: 19, line: 2, column: 3 });
  expect(error.facts).toEqual({ near: ')' });
  expect(JSON.stringify(error.facts)).not.toContain('secret');
});

test('what is no single SELECT', () => {
  expect(refusal('UPDATE t', { error: true, error_type: 'not implemented', error_message: 'x' }).code).toBe(
    'SQL_NOT_SELECT',
  );
  expect(refusal('', { error: false, statements: [] }).code).toBe('SQL_NOT_SELECT');
  const two = refusal('SELECT 1; SELECT 2', { error: false, statements: [{ node: {} }, { node: {} }] });
  expect([two.code, two.facts]).toEqual(['SQL_STATEMENTS', { count: 2 }]);
  expect(refusal('SELECT 1e999', '{"error":false,"statements":[{"node":{"value":Infinity}}]}').code).toBe(
    'SQL_LITERAL_REFUSED',
  );
});

test('byte offsets become UTF-16 offsets; Unicode spaces count one byte outside quotes', () => {
  const text = "select　'中　文' as x, 😀y";
  const offsetOf = offsetReader(text);
  const stripped = "select '中　文' as x, ";
  expect(offsetOf(Buffer.byteLength(stripped))).toBe(text.indexOf('😀'));
  expect(offsetOf(Buffer.byteLength(`${stripped}😀`))).toBe(text.indexOf('y'));
  expect(offsetOf(18446744073709552000)).toBeNull();
  expect(offsetReader('abc')(2)).toBe(2);
  expect(offsetReader('abc')(9)).toBeNull();
});

test('code points', () => {
  expect(codePointOffset('a😀b', 2)).toBe(3);
  expect(codePointOffset('ab', 7)).toBe(2);
  expect(codePointOffset('ab', Number.NaN)).toBeNull();
});
