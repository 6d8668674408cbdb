/** What a taken-over worker may say instead of an answer. All of it must end the worker, none of it be believed. */
export interface Lie {
  readonly name: string;
  readonly message: unknown;
  readonly times: number;
  /** Why believing all messages would not show it. */
  readonly why: string | null;
}

const table = (type: unknown, cells: unknown, rowCount: unknown = 1) => ({
  kind: 'reply',
  id: 1,
  table: { columns: [{ name: 'x', type }], values: [cells], rowCount },
});
/** A channel that believes every message still compares numbers. */
const COMPARED = 'the channel itself asks for the number of the question';
const once = (name: string, message: unknown, why: string | null = null): Lie => ({ name, message, times: 1, why });

export const LIES: readonly Lie[] = [
  once('an answer to another question', { ...table({ kind: 'integer' }, [1n]), id: 2 }, COMPARED),
  once('an order of its own', { kind: 'exec', id: 1 }),
  once('a text', 'reply', COMPARED),
  once('an error text of the engine', { kind: 'failure', id: 1, failure: 'Conversion Error: canary' }),
  once('a cell that is an object', table({ kind: 'text' }, [{ toString: 'x' }])),
  once('a cell of another type', table({ kind: 'integer' }, [1])),
  once('more rows than it says', table({ kind: 'integer' }, [1n, 2n])),
  once('fewer rows than it says', table({ kind: 'integer' }, [1n], 2)),
  once('a number of rows that is none', table({ kind: 'integer' }, [1n], 1.5)),
  once('a negative number of rows', table({ kind: 'integer' }, [], -1)),
  once('a type that does not exist', table({ kind: 'blob' }, ['x'])),
  once('an identifier', table({ kind: 'token', domain: 'person' }, [1n])),
  once('columns that are no list', { kind: 'reply', id: 1, table: { columns: {}, values: [], rowCount: 0 } }),
  once('a column without values', {
    kind: 'reply',
    id: 1,
    table: { columns: [{ name: 'x', type: { kind: 'text' } }], values: [], rowCount: 0 },
  }),
  once('an heir of an answer', JSON.parse('{"__proto__":{"kind":"reply","id":1,"table":null}}'), COMPARED),
  { name: 'that it is ready, a hundred thousand times', message: { kind: 'ready' }, times: 100_000, why: COMPARED },
  {
    name: 'nothing of meaning, ten thousand times',
    message: { kind: 'noise', text: 'x'.repeat(1_000) },
    times: 10_000,
    why: COMPARED,
  },
];
