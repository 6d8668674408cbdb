import { describe, expect, test } from 'vitest';
import { bannedThings } from './banned.ts';
import { parseSource, SOURCE_FILES } from './source-tree.ts';

test('nothing banned stands in the project', () => {
  expect(bannedThings(SOURCE_FILES)).toEqual([]);
});

describe('the check sees what it looks for', () => {
  test.each([
    ['gateway/a.ts', 'Math.random();'],
    ['gateway/a.ts', "Math['random']();"],
    ['gateway/a.ts', 'globalThis.Math.random();'],
    ['gateway/a.ts', "eval('1');"],
    ['gateway/a.ts', "new Function('return 1');"],
    ['catalog/a.ts', "import { spawn } from 'node:child_process';"],
    ['catalog/a.ts', "import { eq } from 'drizzle-orm';"],
    ['catalog/a.ts', 'const home = process.env.HOME;'],
    ['gateway/a.ts', 'const { HOME } = process.env;'],
    ['sandbox/a.ts', 'console.log(1);'],
    ['gateway/a.ts', 'const a: any = 1;'],
    ['gateway/a.ts', 'const a = <T>(x: Record<string, any>) => x;'],
    ['gateway/a.ts', 'const a = 1 as unknown as string;'],
    ['test/a.test.ts', "test.skip('x', () => {});"],
    ['test/a.test.ts', "describe.only('x', () => {});"],
    ['test/a.test.ts', "test.concurrent.only('x', () => {});"],
    ['policies/a.ts', 'const now = new Date();'],
    ['policies/a.ts', 'const now = Date.now();'],
    ['policies/a.ts', 'const now = performance.now();'],
    ['gateway/a.ts', 'try { f(); } catch {}'],
    ['gateway/a.ts', 'enum A { B }'],
    ['gateway/a.ts', 'class A { constructor(private b: string) {} }'],
    ['gateway/a.ts', '// TO' + 'DO later'],
    ['gateway/a.ts', '// @ts-' + 'ignore'],
  ])('%s: %s', (path, text) => {
    expect(bannedThings([parseSource(path, text)])).toHaveLength(1);
  });

  test.each([
    ['gateway/a.ts', "const text = 'Math.random() any eval(1)';"],
    ['gateway/cli/a.ts', "import { spawn } from 'node:child_process';"],
    ['sandbox/isolation/a.ts', "import { spawn } from 'node:child_process';"],
    ['sandbox/a.ts', "import type { ChildProcess } from 'node:child_process';"],
    ['gateway/serve.ts', 'const env = process.env;'],
    ['policies/a.ts', 'const day = new Date(0);'],
    ['gateway/a.ts', 'try { f(); } catch { /* the file may be gone */ }'],
    ['test/a.test.ts', "test('only', () => {});"],
  ])('and lets pass %s: %s', (path, text) => {
    expect(bannedThings([parseSource(path, text)])).toEqual([]);
  });
});
