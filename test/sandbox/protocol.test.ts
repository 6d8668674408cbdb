import { expect, test } from 'vitest';
import { readParserReply, readWorkerReply } from '../../sandbox/protocol.ts';

const table = (type: unknown, cells: unknown, rowCount = 1) => ({
  kind: 'reply',
  id: 1,
  table: { columns: [{ name: 'x', type }], values: [cells], rowCount },
});

test('accepts what a healthy worker says', () => {
  expect(readWorkerReply({ kind: 'ready' })).toEqual({ kind: 'ready' });
  expect(readWorkerReply({ kind: 'failure', id: 3, failure: 'memory' })).toEqual({
    kind: 'failure',
    id: 3,
    failure: 'memory',
  });
  expect(readWorkerReply(table({ kind: 'integer' }, [1n]))).not.toBeNull();
  expect(readWorkerReply(table({ kind: 'decimal', precision: 18, scale: 2 }, ['1.20']))).not.toBeNull();
  expect(readWorkerReply(table({ kind: 'text' }, [null]))).not.toBeNull();
});

test.each([
  ['nothing', null],
  ['an unknown kind', { kind: 'exec', id: 1 }],
  ['an error text', { kind: 'failure', id: 1, failure: 'Conversion Error: could not cast "canary"' }],
  ['a reply without a number', { kind: 'reply', id: 'x', table: null }],
  ['a cell of another type', table({ kind: 'integer' }, [1])],
  ['an object as a cell', table({ kind: 'text' }, [{ toString: 'x' }])],
  ['fewer cells than rows', table({ kind: 'text' }, [], 1)],
  ['a type of its own', table({ kind: 'blob' }, ['x'])],
  ['a token', table({ kind: 'token', domain: 'person' }, [1n])],
  ['an impossible decimal', table({ kind: 'decimal', precision: 99, scale: 2 }, ['1'])],
  ['a negative row count', table({ kind: 'text' }, [], -1)],
])('refuses %s from a worker', (_, message) => {
  expect(readWorkerReply(message)).toBeNull();
});

test('a type carries nothing besides its own parts', () => {
  const reply = readWorkerReply(table({ kind: 'integer', note: 'canary' }, [1n]));
  expect(
    JSON.stringify(reply, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  ).not.toContain('canary');
});

test('reads the parser’s verdicts and nothing else', () => {
  const verdict = { kind: 'tree', json: '{}', statements: 1 };
  expect(readParserReply({ kind: 'verdict', id: 1, verdict })).toEqual({ kind: 'verdict', id: 1, verdict });
  expect(readParserReply({ kind: 'verdict', id: 1, verdict: { kind: 'syntax', position: 'here' } })).toBeNull();
  expect(readParserReply({ kind: 'verdict', id: 1, verdict: { kind: 'tree', json: 5, statements: 1 } })).toBeNull();
  expect(readParserReply({ kind: 'verdict', id: 1, verdict: { kind: 'other' } })).toBeNull();
});
