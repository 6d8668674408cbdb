/**
 * Goal: what is past its time is gone from the disk and said to be so; what must outlive it (receipt, log, books) stays; cut off anywhere, it is
 * finished the next time. Jobs over a version that is destroyed meanwhile say that.
 * Method: a real gateway; the sweep's own clock is set forward. Controls: before the sweep the result's text is in the store's files; a sweep
 * of today forgets nothing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findDestruction } from '../../../catalog/index.ts';
import { createJobs } from '../../../gateway/jobs/jobs.ts';
import type { PipelineDeps } from '../../../gateway/pipeline/deps.ts';
import { createRetentionService } from '../../../gateway/resources/retention-service.ts';
import { ask, must, publish, type RunningGateway, startGateway } from './running-gateway.ts';

const WORD = 'wandering-albatross';
const SCHEMA = {
  table: 'stops',
  columns: [{ name: 'name', title: { zh: '名', en: 'name' }, type: 'text', level: 'general-1', role: 'attribute' }],
} as const;
const SQL = 'SELECT name FROM stops ORDER BY name';
const DAY_MS = 86_400_000;

let running: RunningGateway;
let who: Awaited<ReturnType<typeof publish>>;
beforeAll(async () => {
  running = await startGateway();
  who = await publish(running, { schema: SCHEMA, csv: `name\n${WORD}\n` });
});
afterAll(() => running.destroy());

const upload = (word: string) =>
  must(
    running.request(who.provider, 'PUT', '/v1/resources/stops/data', `name\n${word}\n`, { 'content-type': 'text/csv' }),
  );
const sweeper = (daysAhead: number, carryOut = running.gateway.deps.destructions.carryOut) =>
  createRetentionService({
    store: running.gateway.deps.store,
    now: () => new Date(Date.now() + daysAhead * DAY_MS),
    resultDaysMax: 365,
    carryOut,
    failed: (error) => {
      throw error;
    },
  });
async function sweep(daysAhead: number, carryOut?: () => Promise<void>): Promise<void> {
  const service = sweeper(daysAhead, carryOut);
  await service.sweep();
  await service.close();
}
const filesWith = (word: string) =>
  readdirSync(running.home).filter(
    (name) => name.startsWith('sluice.db') && readFileSync(join(running.home, name)).includes(word),
  );
const get = (path: string, token = who.developer) => running.request(token, 'GET', path);

describe('a result', () => {
  it('is gone from the disk after its time, with a clear answer, and its receipt stays', async () => {
    const { body } = await ask(running, who.developer, 'p1', SQL);
    expect(body.result?.rows).toEqual([[WORD]]);
    await sweep(0);
    expect(filesWith(WORD)).not.toEqual([]);
    expect((await get(`/v1/jobs/${body.id}/result`)).status).toBe(200);
    await sweep(366);
    expect(filesWith(WORD)).toEqual([]);
    const gone = await get(`/v1/jobs/${body.id}/result`);
    expect([gone.status, await gone.json()]).toMatchObject([410, { code: 'RESULT_EXPIRED', facts: { id: body.id } }]);
    expect((await get(`/v1/jobs/${body.id}/receipt`)).status).toBe(200);
    expect(await (await get(`/v1/jobs/${body.id}`)).json()).toMatchObject({ state: 'finished' });
    // The same question is answered anew, and nobody takes the missing answer for damage.
    expect((await ask(running, who.developer, 'p1', SQL)).body.result?.rows).toEqual([[WORD]]);
    const officer = await running.token('security', 'olga', 'security-office');
    const log = JSON.stringify(await (await get('/v1/audit/entries?limit=200', officer)).json());
    expect(log).toContain('results destroyed, their time being over: 1');
    expect(log).not.toContain('CATALOGUE_CORRUPT');
  });
});

describe('replaced versions', () => {
  it('are destroyed by the rule of their table, with certificates, also when it was cut off in between', async () => {
    const declared = await running.request(who.provider, 'PUT', '/v1/resources/stops/retention', {
      versionsMax: 2,
      daysMax: null,
    });
    expect([declared.status, await (await get('/v1/resources/stops/retention')).json()]).toEqual([
      200,
      { versionsMax: 2, daysMax: null },
    ]);
    const stranger = await running.token('provider', 'eve', 'other');
    const forbidden = await running.request(stranger, 'PUT', '/v1/resources/stops/retention', {
      versionsMax: 1,
      daysMax: 0,
    });
    expect(forbidden.status).toBe(403);
    for (const word of ['two', 'three', 'four']) await upload(word);
    const labels = () => readdirSync(join(running.home, 'vault', 'versions')).sort();
    // The process dies after the orders.
    await sweep(0, () => Promise.resolve());
    expect(labels()).toEqual(['stops@1', 'stops@2', 'stops@3', 'stops@4']);
    await sweep(0);
    expect(labels()).toEqual(['stops@3', 'stops@4']);
    for (const version of [1, 2]) {
      const destruction = running.gateway.deps.store.read((db) => findDestruction(db, 'stops', version));
      expect(destruction).toMatchObject({ reason: 'retention', orderedBy: 'gateway', certificate: expect.any(String) });
    }
    expect((await ask(running, who.developer, 'p1', SQL)).body.result?.rows).toEqual([['four']]);
  });
});

describe('a job over a version that is destroyed meanwhile', () => {
  const jobsOver = (change: (pipeline: PipelineDeps) => Partial<PipelineDeps['sandbox']>) => {
    const { pipeline } = running.gateway;
    return createJobs({ ...pipeline, sandbox: { ...pipeline.sandbox, ...change(pipeline) } });
  };
  const destroyCurrent = async () => {
    const { currentVersion } = (await (await get('/v1/resources/stops', who.provider)).json()) as {
      currentVersion: number;
    };
    await must(running.request(who.provider, 'DELETE', `/v1/resources/stops/versions/${currentVersion}`));
  };
  const request = {
    plan: 'p1',
    sql: SQL,
    idempotencyKey: null,
    requestSha256: 'x',
    sealFor: null,
    options: { deadlineMs: null, privacy: null },
  };
  const end = async (jobs: ReturnType<typeof createJobs>) => {
    const caller = { sub: 'alice', org: 'linkong-data', role: 'developer' } as const;
    const { id } = await jobs.submit(caller, request);
    return await jobs.wait(id, 30_000, new AbortController().signal);
  };

  it('is refused, where it was only compiled', async () => {
    const jobs = jobsOver(({ sandbox }) => ({
      async parse(...text: Parameters<typeof sandbox.parse>) {
        const tree = await sandbox.parse(...text);
        await destroyCurrent();
        return tree;
      },
    }));
    // Another text: what is known already is not parsed again.
    const job = await jobs
      .submit({ sub: 'alice', org: 'linkong-data', role: 'developer' }, { ...request, sql: `${SQL} LIMIT 3` })
      .then(({ id }) => jobs.wait(id, 30_000, new AbortController().signal));
    expect(job).toMatchObject({ state: 'refused', problem: { code: 'VERSION_DESTROYED', facts: { id: 'stops@4' } } });
  });

  it('fails with that reason, where it waited for a worker', async () => {
    await upload('five');
    const jobs = jobsOver(({ sandbox }) => ({
      async run(...work: Parameters<typeof sandbox.run>) {
        await destroyCurrent();
        return (await sandbox.run(...work)) as never;
      },
    }));
    const job = await end(jobs);
    expect(job).toMatchObject({ state: 'failed', problem: { code: 'VERSION_DESTROYED', facts: { id: 'stops@5' } } });
  });
});
