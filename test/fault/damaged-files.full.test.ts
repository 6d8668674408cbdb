/**
 * Goal: whatever becomes of one file of a home, or of the machine it is on, the gateway starts and is whole, or says what is the matter and
 * what to do, and loses nothing. Method: a copy of a home that was killed, damaged in one way, and a real start. Of the files a few by the
 * seed; all of them by `npm run -s test:fault -- --files`. Control: a home without its earlier result is seen.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seeded } from './clients.ts';
import { type DamageGround, damagesOf, openDamageGround } from './damaged-files.ts';
import { mute } from './disaster-runs.ts';
import { killAll, StartFailed, startFaulty } from './faulty-gateway.ts';
import { tryStart } from './life.ts';
import { shuffled } from './plan-runs.ts';
import { removePattern } from './setting.ts';

const SEED = 20_261_128;
const TRIES = 4;
const DAY_MS = 86_400_000;
let ground: DamageGround;
beforeAll(async () => {
  ground = await openDamageGround(SEED);
}, 600_000);
afterAll(async () => {
  killAll();
  await ground.remove();
  await removePattern();
});

it('a home with a damaged file starts whole, or says what to do', { timeout: 600_000 }, async () => {
  const all = damagesOf(ground.files);
  expect(all.length).toBeGreaterThan(80);
  for (const damaged of shuffled(all, seeded(SEED)).slice(0, TRIES)) {
    const figure = await ground.try(damaged);
    expect(figure, JSON.stringify(figure)).toMatchObject({ problems: [] });
  }
});

it('a clock that is set back or forward between two runs loses nothing', { timeout: 600_000 }, async () => {
  const copy = ground.copy();
  for (const jumpMs of [-DAY_MS, 30 * DAY_MS]) {
    const started = await startFaulty(copy, true, undefined, { kind: 'clock', jumpMs });
    expect(await started.end('SIGTERM')).toBe(0);
  }
  const gateway = await startFaulty(copy, false);
  expect(await ground.problemsOf(copy, gateway.url)).toEqual([]);
  const second = await tryStart(copy);
  expect(second).toBeInstanceOf(StartFailed);
  expect((second as StartFailed).message).toContain('another gateway holds this data directory');
  expect(await ground.problemsOf(copy, gateway.url), 'the first goes on').toEqual([]);
  const store = new Database(join(copy.home, 'sluice.db'));
  store.exec('DELETE FROM job_results');
  store.close();
  expect(await ground.problemsOf(copy, gateway.url), 'control').toContain('an earlier result is not served');
  await gateway.end('SIGKILL');
});

it('a home that cannot be written is refused with words', { timeout: 300_000 }, async () => {
  if (process.getuid?.() !== 0) return console.log('a read-only file system is not tried: it takes root to mount one');
  const copy = ground.copy();
  const disk = join(copy.root, 'read-only');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=700', 'tmpfs', disk]);
  try {
    cpSync(copy.home, join(disk, 'home'), { recursive: true });
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const started = await tryStart({ ...copy, home: join(disk, 'home') });
    expect(started).toBeInstanceOf(StartFailed);
    if (started instanceof StartFailed) expect(mute(started), started.message).toEqual({});
  } finally {
    execFileSync('umount', ['-l', disk]);
  }
});
