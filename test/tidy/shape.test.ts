import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesUnder, NOT_OURS, PRODUCT_FOLDERS, ROOT, SOURCE_FILES } from './source-tree.ts';

/** What the owner of the repository lets stand at its top. */
const TOP_LEVEL = [
  '.ci',
  '.gitignore',
  '.npmrc',
  '.oxlintrc.json',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  'bench',
  'biome.json',
  'catalog',
  'gateway',
  'package-lock.json',
  'package.json',
  'policies',
  'sandbox',
  'test',
  'tsconfig.json',
  'vitest.config.ts',
];

const LINES_MAX = 400;
/** Longer files, each with the reason why it is not two. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'gateway/messages/en.ts': 'one entry for each error code of a closed list',
  'gateway/messages/zh-cn.ts': 'one entry for each error code of a closed list',
  'gateway/messages/phrases.ts': 'one line for each phrase that errors say',
  'test/policies/sql/totality.full.test.ts': 'one property, with the generators of every expression that it runs over',
};

/** Names of documents that readers look for in capitals. */
const DOCUMENTS = [
  'CONTEXT.md',
  'PROOF.md',
  'RESULTS.md',
  'README.md',
  'SQL.md',
  'DP.md',
  'PERTURBATION.md',
  'PRIVACY.md',
  'LICENSE',
  'LICENSE.txt',
];
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;
/** Drawers in which everything ends up. */
const DRAWERS = /^(utils?|helpers?|misc|types|shared)\.ts$/;

const ownFiles = () =>
  [...PRODUCT_FOLDERS, 'bench', 'test'].flatMap(filesUnder).filter((path) => !path.startsWith('test/fixtures/'));
const baseName = (path: string) => path.split('/').at(-1) ?? '';

test('the top level holds what the owner allows, and nothing else', () => {
  const strangers = readdirSync(ROOT)
    .filter((name) => !NOT_OURS.includes(name) && !name.endsWith('.log'))
    .filter((name) => !TOP_LEVEL.includes(name));
  expect(strangers).toEqual([]);
});

test(`no source file is longer than ${LINES_MAX} lines, unless a reason is listed`, () => {
  const long = SOURCE_FILES.filter(({ lines, path }) => lines > LINES_MAX && !(path in LONG_FILES));
  expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
});

test('no reason is listed for a file that is short or gone', () => {
  const lengths = new Map(SOURCE_FILES.map(({ path, lines }) => [path, lines]));
  expect(Object.keys(LONG_FILES).filter((path) => (lengths.get(path) ?? 0) <= LINES_MAX)).toEqual([]);
});

test('files are named in kebab-case, after a concept', () => {
  const names = ownFiles().filter((path) => !DOCUMENTS.includes(baseName(path)));
  // WHY: snapshots and migrations are named by their tools, with underscores
  // a file that stands in for one of the kernel's has the kernel's name
  const ours = names.filter(
    (path) => !/\/(migrations|__snapshots__)\/|^sandbox\/isolation\/overcommit_memory$/.test(path),
  );
  expect(ours.filter((path) => !KEBAB_CASE.test(baseName(path)))).toEqual([]);
  expect(names.filter((path) => DRAWERS.test(baseName(path)))).toEqual([]);
});

/** What is imported before `keepCompiled` is compiled anew at every start. */
test('entries import nothing but what keeps what is compiled', () => {
  for (const path of ['gateway/main.ts', 'gateway/cli/sluice.ts']) {
    const text = readFileSync(join(ROOT, path), 'utf8');
    expect(text.match(/^import .*$/gm), path).toEqual([expect.stringMatching(/keep-compiled\.ts'/)]);
    expect(text.indexOf('keepCompiled();'), path).toBeLessThan(text.indexOf('await import('));
  }
});

test('what is run by name can be run', () => {
  for (const path of ['gateway/cli/sluice.ts', '.ci/run']) {
    expect(existsSync(join(ROOT, path)), path).toBe(true);
    if (process.platform !== 'win32') expect(statSync(join(ROOT, path)).mode & 0o111, path).not.toBe(0);
  }
});
