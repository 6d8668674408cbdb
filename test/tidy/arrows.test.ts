import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { brokenImports, importCycles, impureImports, loadedBy, wrongImports } from './arrows.ts';
import { PRODUCT_FILES, parseSource, ROOT, SOURCE_FILES } from './source-tree.ts';

describe('the house', () => {
  test('imports go along the arrows, through the doors', () => {
    expect(wrongImports(PRODUCT_FILES)).toEqual([]);
  });

  test('policies takes nothing that has a clock, chance, files or a network', () => {
    expect(impureImports(PRODUCT_FILES)).toEqual([]);
  });

  test('no cycle at run time', () => {
    expect(importCycles(SOURCE_FILES)).toEqual([]);
  });

  test.each(['catalog/indexer-thread.ts', 'gateway/audit/tile-checker-thread.ts'])(
    '%s starts without the compiler',
    (thread) => {
      const loaded = loadedBy(thread, SOURCE_FILES);
      expect(loaded).toContain('policies/vocabulary.ts');
      expect(loaded).not.toContain('policies/index.ts');
    },
  );

  test('every import leads somewhere', () => {
    expect(brokenImports(SOURCE_FILES, (path) => existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe('the checks see what they look for', () => {
  const file = (path: string, text: string) => parseSource(path, text);

  test.each([
    ['policies/a.ts', "import { x } from '#catalog';"],
    ['catalog/a.ts', "import type { X } from '#sandbox';"],
    ['sandbox/a/b.ts', "import { x } from '../../gateway/x.ts';"],
    ['sandbox/a/b.ts', "import { x } from '#policies';"],
    ['gateway/a.ts', "import { x } from '../policies/sql/x.ts';"],
    ['gateway/a.ts', "export * from '../sandbox/pool.ts';"],
    ['gateway/a.ts', "const x = await import('../catalog/store.ts');"],
    ['policies/sql/a.ts', "import { x } from '#policies';"],
  ])('%s: %s', (path, text) => {
    expect(wrongImports([file(path, text)])).toHaveLength(1);
  });

  test('good imports pass', () => {
    const good = "import { x } from '#policies'; import { y } from './y.ts'; import { z } from 'zod';";
    expect(wrongImports([file('gateway/a.ts', good)])).toEqual([]);
  });

  test.each([
    "import { readFileSync } from 'node:fs';",
    "import { randomBytes } from 'node:crypto';",
    "import z from 'zod';",
  ])('policies: %s', (text) => {
    expect(impureImports([file('policies/a.ts', text)])).toHaveLength(1);
    expect(impureImports([file('gateway/a.ts', text)])).toEqual([]);
  });

  test('cycles, but not those of types alone', () => {
    const pair = (a: string) => [file('catalog/a.ts', a), file('catalog/b.ts', "import { a } from './a.ts';")];
    expect(importCycles(pair("import { b } from './b.ts';"))).toEqual(['catalog/a.ts → catalog/b.ts → catalog/a.ts']);
    expect(importCycles(pair("import { type B } from './b.ts';"))).toHaveLength(1);
    expect(importCycles(pair("import type { B } from './b.ts';"))).toEqual([]);
  });

  test('imports that lead nowhere', () => {
    expect(brokenImports([file('catalog/a.ts', "import { x } from './absent.ts';")], () => false)).toHaveLength(1);
  });
});
