/**
 * Goal: whoever goes through subjects one by one is frozen before it pays; honest use is not.
 * Method: a real gateway; a sweep of 200 cars without consent (by the account, then by two accounts in turn), neighbouring VINs, and the
 * control: as many questions with consent.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningGateway, startGateway } from '../life/running-gateway.ts';
import { askAbout, type Ground, lookUp, PLEDGED, plate, prepareGround, publishProduct, vinOf } from './registers.ts';

let running: RunningGateway;
let ground: Ground;
beforeAll(async () => {
  running = await startGateway();
  ground = await prepareGround(running);
  await publishProduct(ground, 'pledged', {
    ...PLEDGED,
    limits: { perSubject: { times: 5, period: 'day' }, perDay: 2_000 },
  });
});
afterAll(() => running.destroy());

const sweep = async (serials: readonly number[], tokens: readonly string[]) => {
  const asked = serials.map((serial, at) => {
    const request = { product: 'pledged', subject: vinOf(serial), also: [plate(serial)], consents: ['x'] };
    return lookUp(ground, tokens[at % tokens.length]!, request);
  });
  return Promise.all(asked);
};

async function activeFreezes(): Promise<
  readonly { id: string; scope: string; target: string; frozenBy: string; reason: string }[]
> {
  const answer = await running.request(ground.tokens.security, 'GET', '/v1/freezes?active=true');
  return ((await answer.json()) as { items: readonly never[] }).items;
}
async function thawAll(): Promise<void> {
  for (const { id } of await activeFreezes())
    for (const officer of [ground.tokens.security, ground.tokens.guard])
      await running.request(officer, 'DELETE', `/v1/freezes/${id}`);
}

describe('enumeration', () => {
  it('control: thirty who consent are served', async () => {
    const replies = await Promise.all(Array.from({ length: 30 }, (_, n) => askAbout(ground, 'pledged', n)));
    expect(replies.map(({ body }) => body.answer).filter((answer) => answer === 'yes' || answer === 'no')).toHaveLength(
      30,
    );
    expect(await activeFreezes()).toEqual([]);
  });

  it('five neighbours without consent freeze the account, in the name of who let the interface out', async () => {
    for (const serial of [100, 101, 102, 103]) await sweep([serial], [ground.tokens.developer]);
    expect(await activeFreezes()).toEqual([]);
    await sweep([104], [ground.tokens.developer]);
    await expect.poll(activeFreezes).toHaveLength(1);
    expect(await activeFreezes()).toMatchObject([
      { scope: 'developer', target: 'linkong-data/alice', frozenBy: 'data-bureau/dan' },
    ]);
    expect((await askAbout(ground, 'pledged', 6)).body.code).toBe('POLICY_FROZEN');
    await thawAll();
  });

  it('a sweep of 200 ends within its first burst, and two accounts that share it freeze their organisation', async () => {
    const serials = Array.from({ length: 200 }, (_, n) => n * 1_000);
    const codes: (string | undefined)[] = [];
    for (let from = 0; from < serials.length; from += 20) {
      const burst = await sweep(serials.slice(from, from + 20), [ground.tokens.developer, ground.tokens.colleague]);
      codes.push(...burst.map(({ body }) => body.code ?? body.answer));
      if (from < 60) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(new Set(codes)).toEqual(new Set(['unknown', 'POLICY_FROZEN']));
    expect(codes.filter((code) => code === 'unknown').length).toBeLessThanOrEqual(60);
    expect(await activeFreezes()).toMatchObject([{ scope: 'organisation', target: 'linkong-data' }]);
  });
});
