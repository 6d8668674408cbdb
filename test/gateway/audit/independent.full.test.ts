/**
 * Goal: a log that this project writes is one to a verifier that shares no code with it.
 * Method: Go's golang.org/x/mod/sumdb/{note,tlog}, as Debian packs it or from Go's module proxy, over exported tiles and receipts. Control:
 * with one byte changed it refuses. Without Go, or without a way to these packages, the check has not run, and says so.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportTiles } from '../../../gateway/audit/export-tiles.ts';
import { openLog } from '../../../gateway/audit/log.ts';
import { fillHome, type Home, newHome, openHome } from './home.ts';

const SIZE = 70_000;
const RECEIPTS = [0, 255, 256, 65_535, 65_536, 69_999];
const BUILD_TIMEOUT_MS = 180_000;

let home: Home;
let tilesDir: string;
let program: string;
let whyNotRun: string | null = null;

/** Where Go finds `golang.org/x/mod`; the first that builds will do. */
const WAYS = [
  { from: 'golang-golang-x-mod-dev', env: { GO111MODULE: 'off', GOPATH: '/usr/share/gocode' } },
  { from: 'the module proxy', env: { GO111MODULE: 'on', GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' } },
];

/** @returns why the verifier could not be built; null when it was. */
function build(): string | null {
  const options = {
    cwd: join(import.meta.dirname, 'independent'),
    encoding: 'utf8',
    timeout: BUILD_TIMEOUT_MS,
  } as const;
  if (spawnSync('go', ['version'], options).status !== 0) return 'there is no `go` on this machine';
  const failures: string[] = [];
  for (const { from, env } of WAYS) {
    const built = spawnSync('go', ['build', '-buildvcs=false', '-o', program, '.'], {
      ...options,
      env: { ...process.env, ...env },
    });
    if (built.status === 0) return null;
    failures.push(`with ${from}: ${built.stderr}`);
  }
  return failures.join('; ');
}

beforeAll(async () => {
  home = newHome();
  program = join(home.dir, 'independent');
  whyNotRun = build();
  if (whyNotRun !== null) {
    console.error(`\n*** NOT RUN: the independent check of the access log: ${whyNotRun} ***\n`);
    return;
  }
  await fillHome(home, [30_000, 40_000]);
  tilesDir = join(home.dir, 'tiles');
  exportTiles(home.storePath, tilesDir);
}, 3 * BUILD_TIMEOUT_MS);
afterAll(() => home.remove());

const run = (...args: readonly string[]) =>
  spawnSync(program, [tilesDir, home.key.vkey, ...args], { encoding: 'utf8' });

describe('the independent verifier', () => {
  it('accepts checkpoint, tree, tiles, every inclusion proof and the receipts', async (context) => {
    if (whyNotRun !== null) return context.skip(whyNotRun);
    const store = openHome(home);
    const log = await openLog({ store, key: home.key });
    const receipts = RECEIPTS.flatMap((index) => {
      const file = join(home.dir, `${index}.tlog-proof`);
      writeFileSync(file, log.receipt(index));
      return [file, String(index)];
    });
    const root = Buffer.from(log.checkpoint().root).toString('base64');
    await log.close();
    store.close();
    const { stdout, stderr } = run(...receipts);
    expect(stderr).toBe('');
    expect(stdout).toBe(`intact ${SIZE} ${root} receipts ${RECEIPTS.length}\n`);
  });

  it(
    'refuses with a byte changed in an entry, a tile or the checkpoint (control)',
    (context) => {
      if (whyNotRun !== null) return context.skip(whyNotRun);
      for (const file of ['checkpoint', 'tile/0/100', 'tile/1/000', 'tile/entries/200']) {
        const path = join(tilesDir, file);
        const bytes = readFileSync(path);
        const changed = Buffer.from(bytes);
        changed[20] = (changed[20] as number) ^ 1;
        writeFileSync(path, changed);
        expect(run().status, file).toBe(1);
        writeFileSync(path, bytes);
      }
      expect(run().status).toBe(0);
    },
    BUILD_TIMEOUT_MS,
  );
});
