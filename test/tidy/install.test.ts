import { expect, test } from 'vitest';
import { readText } from './source-tree.ts';

/** What `npm ci` needs to succeed for anybody: no compiler, no network but the registry, any npm from 10 on. */

interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readText('package-lock.json')) as { packages: Record<string, LockEntry> };

test('the lock file names the packages of every platform, for npm 11 refuses one that does not', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        packages[`node_modules/${name}`] === undefined && packages[`${path}/node_modules/${name}`] === undefined,
    ),
  );
  expect(missing).toEqual([]);
});

test('whatever is not for another platform has its hash', () => {
  const here = (only: string | readonly string[] | undefined, mine: string) =>
    only === undefined || [only].flat().includes(mine);
  const unhashed = Object.entries(packages).filter(
    ([path, { integrity, os, cpu }]) => path !== '' && integrity === undefined && here(os, 'linux') && here(cpu, 'x64'),
  );
  const isMusl = ([path]: readonly [string, LockEntry]) => path.includes('musl');
  expect(unhashed.filter((entry) => !isMusl(entry)).map(([path]) => path)).toEqual([]);
});

test('no dependency runs a script at install: npm would compile better-sqlite3, whose binary is in the package', () => {
  expect(readText('.npmrc')).toMatch(/^ignore-scripts=true$/m);
});
