import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CLIENT_VARIABLES, CONFIG_VARIABLES } from '../../gateway/config-variables.ts';
import {
  brokenPaths,
  CONTEXT_LINES_MAX,
  documents,
  REQUIRED_DOCUMENTS,
  unknownCommands,
  unknownNames,
  unknownScripts,
  variablesIn,
} from './documents.ts';
import { PRODUCT_FILES, PRODUCT_FOLDERS, ROOT } from './source-tree.ts';

const DOCUMENTS = documents();
const VARIABLES = [...Object.keys(CONFIG_VARIABLES), ...Object.keys(CLIENT_VARIABLES)];

test.each(REQUIRED_DOCUMENTS)('%s is there', (path) => {
  expect(existsSync(join(ROOT, path))).toBe(true);
});

test.each(PRODUCT_FOLDERS)('%s has its CONTEXT.md and, for others, its door', (folder) => {
  expect(existsSync(join(ROOT, folder, 'CONTEXT.md')), `${folder}/CONTEXT.md`).toBe(true);
  if (folder !== 'gateway') expect(existsSync(join(ROOT, folder, 'index.ts')), `${folder}/index.ts`).toBe(true);
});

test(`no CONTEXT.md is longer than ${CONTEXT_LINES_MAX} lines`, () => {
  const long = DOCUMENTS.filter(
    ({ path, text }) => path.endsWith('CONTEXT.md') && text.split('\n').length > CONTEXT_LINES_MAX + 1,
  );
  expect(long.map(({ path }) => path)).toEqual([]);
});

describe('what documents name exists', () => {
  test('paths', () => expect(DOCUMENTS.flatMap(brokenPaths)).toEqual([]));
  test('npm scripts', () => expect(DOCUMENTS.flatMap(unknownScripts)).toEqual([]));
  test('commands', () => expect(DOCUMENTS.flatMap(unknownCommands)).toEqual([]));
  test('error codes and constants', () => expect(DOCUMENTS.flatMap((one) => unknownNames(one, VARIABLES))).toEqual([]));
  test('variables', () => {
    const unknown = DOCUMENTS.flatMap(({ path, text }) =>
      variablesIn(text)
        .filter((name) => !VARIABLES.includes(name))
        .map((name) => `${path}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });
});

test('the README names every variable', () => {
  const readme = DOCUMENTS.find(({ path }) => path === 'README.md');
  const named = variablesIn(readme?.text ?? VARIABLES.join(' ')); // its absence fails above
  expect(VARIABLES.filter((name) => name.startsWith('SLUICE_') && !named.includes(name))).toEqual([]);
});

test('the product names no variable that the configuration does not have', () => {
  const strangers = PRODUCT_FILES.flatMap(({ path, text }) =>
    variablesIn(text)
      .filter((name) => !VARIABLES.includes(name))
      .map((name) => `${path}: ${name}`),
  );
  expect(strangers).toEqual([]);
});

describe('the checks see what they look for', () => {
  const readme = (text: string) => ({ path: 'README.md', text });
  const context = (text: string) => ({ path: 'policies/CONTEXT.md', text });

  test('paths', () => {
    expect(brokenPaths(readme('see `policies/absent.ts` and [x](docs/x.md)'))).toHaveLength(2);
    expect(
      brokenPaths(readme('`policies/errors.ts` `policies/` `/v1/jobs` `text/csv` `npm ci` `policies/*.ts`')),
    ).toEqual([]);
    expect(brokenPaths(context('`errors.ts` `sql/parse.ts` `policies/errors.ts`'))).toEqual([]);
    expect(brokenPaths(context('`absent.ts` `sql/absent.ts` `policies/z*.ts`'))).toHaveLength(3);
  });

  test('scripts, commands, names, variables', () => {
    expect(unknownScripts(readme('npm run absent; npm run -s bench; npm start'))).toEqual([
      'README.md: npm run absent',
    ]);
    expect(unknownCommands(readme('```\nnpx sluice absent --x\nnpx sluice token\n```'))).toEqual([
      'README.md: sluice absent',
    ]);
    expect(unknownNames(readme('`SQL_ABSENT` `SQL_SYNTAX` `MODES_BUILT` `GET`'), [])).toEqual([
      'README.md: SQL_ABSENT',
    ]);
    expect(variablesIn('SLUICE_X=1 `SLUICE_PORT`, SLUICE_*')).toEqual(['SLUICE_X', 'SLUICE_PORT']);
  });
});
