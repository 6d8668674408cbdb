/**
 * Goal: `npm run test:fault` does not rot, and each of its checks can fail.
 * Method: a few of its runs; then a home after a kill is spoilt in one way at a time, and the check that is meant for it has to say so.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMasterKey } from '../../gateway/keys/index.ts';
import { openVault } from '../../sandbox/index.ts';
import { runFaults } from './campaign.ts';
import { killAll, StartFailed } from './faulty-gateway.ts';
import { endGateway, type Life, openLife, startAndJudge, tryStart, underLoad } from './life.ts';
import { markedCsv } from './setting.ts';
import { judgeFolders, judgeHome } from './verdict.ts';

const SEED = 20_261_127;

it('a few of its runs lose nothing', { timeout: 600_000 }, async () => {
  const summary = await runFaults({ runs: 3, seed: SEED, report: (figure) => console.log(JSON.stringify(figure)) });
  expect(summary.examples).toEqual([]);
  expect(summary).toMatchObject({ ok: true, runs: 3 });
  expect(summary.results).toBeGreaterThan(0);
});

describe('a home that was spoilt', { timeout: 300_000 }, () => {
  let life: Life;
  beforeAll(async () => {
    life = await openLife(() => 0.5);
    const gateway = await tryStart(life.setting);
    if (gateway instanceof StartFailed) throw gateway;
    const load = await underLoad(life, gateway);
    await load.results(5, 60_000);
    await endGateway(life, gateway, load, 'SIGKILL');
    const after = await startAndJudge(life, false);
    expect(after.found).toEqual({});
    await after.gateway?.end('SIGKILL');
  }, 300_000);
  afterAll(async () => {
    killAll();
    await life.setting.remove();
  });

  /** What is found in a copy after `spoil`. */
  function spoilt(spoil: (db: Database.Database) => void): Record<string, unknown> {
    const home = join(life.setting.root, 'spoilt');
    rmSync(home, { recursive: true, force: true });
    cpSync(life.setting.home, home, { recursive: true });
    const db = new Database(join(home, 'sluice.db'));
    db.pragma('foreign_keys = OFF');
    spoil(db);
    db.close();
    return judgeHome({ ...life.setting, home }, life.promises);
  }
  const found = (kind: string, verdict: Record<string, unknown>) => (verdict[kind] as readonly unknown[]).length;
  /** A job whose result somebody has. */
  const aResult = () => `'${[...life.promises.results.keys()][0]}'`;

  it('and one that was not: nothing is found', () => {
    expect(Object.values(spoilt(() => undefined)).flat()).toEqual([]);
  });
  it('by dropping an outcome: a release is not logged, and its job never ended', () => {
    const verdict = spoilt((db) =>
      db.exec(`DELETE FROM audit_entries WHERE idx = (SELECT outcome_index FROM jobs WHERE id = ${aResult()})`),
    );
    expect(found('unlogged_releases', verdict)).toBe(1);
    expect(found('unfinished', verdict)).toBe(1);
    expect(found('log_not_intact', verdict)).toBeGreaterThan(0);
  });
  it('by charging too much, or too little', () => {
    const charge = (by: number) => (db: Database.Database) =>
      db.exec(`UPDATE ledger_accounts SET spent = spent + ${by}`);
    expect(found('overspend', spoilt(charge(1_000)))).toBeGreaterThan(0);
    expect(found('underspent', spoilt(charge(-1)))).toBeGreaterThan(0);
    const unsettled = spoilt((db) => db.exec('UPDATE ledger_accounts SET reserved = 1'));
    expect(found('unfinished', unsettled)).toBeGreaterThan(0);
  });
  it('by losing a result, or changing it', () => {
    expect(
      found(
        'lost_results',
        spoilt((db) => db.exec(`DELETE FROM job_results WHERE job = ${aResult()}`)),
      ),
    ).toBe(1);
    const changed = spoilt((db) =>
      db.exec(`UPDATE job_results SET json = CAST(replace(json, '"values":[[', '"values":[["9",') AS BLOB)
               WHERE job = ${aResult()}`),
    );
    expect(found('lost_results', changed)).toBe(1);
    expect(found('unlogged_releases', changed)).toBe(1);
  });
  it('by forgetting a job that was accepted', () => {
    const verdict = spoilt((db) => db.exec(`DELETE FROM jobs WHERE id = ${aResult()}`));
    expect(found('broken_promises', verdict)).toBe(1);
  });

  it('by leaving a table open: an upload in progress, or the copy that workers use', async () => {
    const { home, runDir, root } = life.setting;
    const planted = join(root, 'planted');
    mkdirSync(planted);
    writeFileSync(join(planted, 'chunk-0.csv'), markedCsv());
    expect(judgeFolders(planted)['plaintext_left']).toHaveLength(1);
    expect(judgeFolders(home, runDir)['plaintext_left']).toEqual([]);
    const { wrapper: keys } = await openMasterKey({
      masterKey: { from: 'home', path: join(home, 'keys', 'master.key') },
    });
    const vault = await openVault({ dir: join(home, 'vault'), keys, runDir });
    const attached = await vault.attach('people', 1);
    expect(judgeFolders(runDir)['plaintext_left']).toHaveLength(1);
    await attached.release();
    expect(judgeFolders(runDir)['plaintext_left']).toEqual([]);
  });

  it('by another key: it does not start, and says why', async () => {
    const home = join(life.setting.root, 'spoilt');
    spoilt(() => undefined);
    writeFileSync(join(home, 'keys', 'master.key'), 'short');
    const { gateway, found: verdict } = await startAndJudge({ ...life, setting: { ...life.setting, home } }, false);
    expect(gateway).toBeNull();
    expect(verdict.failed_restarts?.[0]).toContain('sluice: ');
  });
});
