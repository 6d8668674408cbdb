import { expect, it } from 'vitest';
import { readTextProto } from './textproto.ts';

it('reads fields, messages, lists and repetitions, and skips comments', () => {
  const message = readTextProto(`
    # head
    name: "a {b}"  # tail
    kind: LAPLACE
    inner { value: -1.5e3 list: [1, 2.0,
      3] list: [4] list: [] }
    inner { value: 7 }`);
  expect(message.get('name')).toEqual(['a {b}']);
  expect(message.get('kind')).toEqual(['LAPLACE']);
  const [first, second] = message.get('inner') as readonly ReadonlyMap<string, unknown>[];
  expect(first?.get('value')).toEqual([-1500]);
  expect(first?.get('list')).toEqual([1, 2, 3, 4]);
  expect(second?.get('value')).toEqual([7]);
});

it('refuses what it cannot read', () => {
  for (const text of ['a', 'a {', 'a: [1', 'a: ;', '}']) expect(() => readTextProto(text), text).toThrow(SyntaxError);
});
