/**
 * Goal: an interface answers about a subject that consents, and about nobody else; what it says of others tells neither whether they are
 * known nor why it does not answer.
 * Method: a real gateway with two registers, an issuer of consents, and interfaces of both modes. Controls: the same question with a good
 * consent is answered.
 */
import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InterfaceContent } from '../../../policies/index.ts';
import { type RunningGateway, startGateway } from '../life/running-gateway.ts';
import {
  askAbout,
  consentTo,
  type Ground,
  lookUp,
  nowSeconds,
  otherJwt,
  owner,
  PLEDGED,
  plate,
  prepareGround,
  publishProduct,
  vin,
} from './registers.ts';

const WEAR: InterfaceContent = {
  ...PLEDGED,
  features: [
    { ...PLEDGED.features[0]!, resource: 'cars', code: 'R02', aggregate: 'max', column: 'km', where: [] },
    PLEDGED.features[0]!,
  ],
  answer: {
    mode: 'band',
    points: [
      {
        feature: 'R02',
        steps: [
          { from: null, points: 60 },
          { from: 70_000, points: 30 },
        ],
        none: 0,
      },
      {
        feature: 'R01',
        steps: [
          { from: null, points: 40 },
          { from: 1, points: 0 },
        ],
        none: 0,
      },
    ],
    bands: [
      { label: 'A', from: 90 },
      { label: 'B', from: 60 },
      { label: 'C', from: null },
    ],
    reasonsMax: 2,
  },
  limits: { perSubject: { times: 1, period: 'month' }, perDay: 400 },
};

let running: RunningGateway;
let ground: Ground;
beforeAll(async () => {
  running = await startGateway();
  ground = await prepareGround(running);
  await publishProduct(ground, 'pledged', PLEDGED);
  await publishProduct(ground, 'wear', WEAR);
});
afterAll(() => running.destroy());

const answer = async (serial: number, change = {}) => (await askAbout(ground, 'pledged', serial, change)).body.answer;

/** What may differ between two answers: their ids. */
const shape = (text: string) =>
  text
    .replace(/"id":"[0-9a-f-]{36}"/, '"id":""')
    .replace(/"salt":"[0-9a-f]{32}"/, '"salt":""')
    .replace(/"entry":\d+/, '"entry":0');

describe('with consent', () => {
  it('answers yes, no, and unknown where nobody is known', async () => {
    expect(await answer(6)).toBe('yes');
    expect(await answer(3)).toBe('no');
    expect(await answer(1)).toBe('no');
    expect(await answer(9_999)).toBe('unknown');
  });

  it('answers a band and what cost it most', async () => {
    const told = [2, 6, 101, 102].map(async (serial) => (await askAbout(ground, 'wear', serial)).body);
    const bodies = (await Promise.all(told)).map(({ answer: band, reasons }) => ({ band, reasons }));
    expect(bodies).toEqual([
      { band: 'A', reasons: [] },
      { band: 'B', reasons: ['R01'] },
      { band: 'B', reasons: ['R02'] },
      { band: 'C', reasons: ['R01', 'R02'] },
    ]);
  });

  it('takes identifiers in any case, and no wrong plate', async () => {
    const consents = [await consentTo(ground, 'pledged', 12)];
    const asked = { product: 'pledged', subject: ` ${vin(12).toLowerCase()}`, also: [plate(12)], consents };
    expect((await lookUp(ground, ground.tokens.developer, asked)).body.answer).toBe('yes');
    const again = { ...asked, also: [plate(13)], consents: [await consentTo(ground, 'pledged', 12)] };
    expect((await lookUp(ground, ground.tokens.developer, again)).body.answer).toBe('unknown');
  });
});

describe('an answer that is recorded and waits for its cosignature', () => {
  const waiting = async (covers: () => Promise<void>, isCovered: boolean) => {
    const { pipeline } = running.gateway;
    const before = pipeline.witness;
    Object.assign(pipeline, { witness: { covers, isCovered: () => isCovered } });
    try {
      return (await askAbout(ground, 'pledged', 6)).body.code;
    } finally {
      Object.assign(pipeline, { witness: before });
    }
  };

  it('does not leave without it', async () => {
    expect(await waiting(async () => undefined, false)).toBe('WITNESS_AWAY');
    expect(await waiting(async () => undefined, true), 'control').toBeUndefined();
  });

  it('does not leave once its asker is frozen', async () => {
    const freezeAsker = async () => {
      const order = { scope: 'developer', target: 'linkong-data/alice', reason: 'x' };
      const answer = await running.request(ground.tokens.security, 'POST', '/v1/freezes', order);
      frozen = ((await answer.json()) as { id: string }).id;
    };
    let frozen = '';
    expect(await waiting(freezeAsker, true)).toBe('POLICY_FROZEN');
    for (const officer of [ground.tokens.security, ground.tokens.guard])
      await running.request(officer, 'DELETE', `/v1/freezes/${frozen}`);
    expect(await answer(6)).toBe('yes');
  });
});

describe('a consent', () => {
  const refused: Readonly<Record<string, object>> = {
    'of somebody who is not the owner': { by: owner(8) },
    'about another car': { about: vin(24) },
    'to another organisation': { org: 'rival-data' },
    'under another plan': { plan: 'cars-2' },
    'for another purpose': { purpose: '营销' },
    'to another interface': { product: 'wear' },
    'that has expired': { issuedAt: nowSeconds() - 7_200, expiresAt: nowSeconds() - 1 },
    'that is not yet good': { issuedAt: nowSeconds() + 3_600, expiresAt: nowSeconds() + 7_200 },
    'without an end that is near': { expiresAt: nowSeconds() + 400 * 86_400 },
  };
  it.each(Object.entries(refused))('%s covers nothing', async (_, change) => {
    expect(await answer(18, change)).toBe('unknown');
  });

  it('is good for as many questions as it says, also where they come at once', async () => {
    const consents = [await consentTo(ground, 'pledged', 30, { uses: 2 })];
    const asked = { product: 'pledged', subject: vin(30), also: [plate(30)], consents };
    const replies = await Promise.all(Array.from({ length: 6 }, () => lookUp(ground, ground.tokens.developer, asked)));
    expect(replies.map(({ body }) => body.answer).sort()).toEqual([
      'unknown',
      'unknown',
      'unknown',
      'unknown',
      'yes',
      'yes',
    ]);
  });

  it('ends when it is withdrawn, and when its key is revoked', async () => {
    const consent = await consentTo(ground, 'pledged', 36, { uses: 9 });
    const asked = { product: 'pledged', subject: vin(36), also: [plate(36)], consents: [consent] };
    const ask = async () => (await lookUp(ground, ground.tokens.developer, asked)).body.answer;
    expect(await ask(), 'control').toBe('yes');
    const withdrawn = await running.request(ground.tokens.developer, 'POST', '/v1/consents/withdrawals', { consent });
    expect(withdrawn.status).toBe(200);
    expect(await ask()).toBe('unknown');
  });

  it('by a key of one’s own speaks for oneself alone', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const jwk = publicKey.export({ format: 'jwk' }) as JWK;
    const own = { issuer: { key: privateKey, jwk } };
    const before = await consentTo(own, 'pledged', 42);
    const ask = async (serial: number, consent: string) =>
      (
        await lookUp(ground, ground.tokens.developer, {
          product: 'pledged',
          subject: vin(serial),
          also: [plate(serial)],
          consents: [consent],
        })
      ).body.answer;
    expect(await ask(42, before), 'nobody knows the key').toBe('unknown');
    const key = { title: 'owner 42', jwk, subject: owner(42) };
    const added = await running.request(ground.tokens.bureau, 'POST', '/v1/consent-keys', key);
    expect(added.status).toBe(201);
    expect(JSON.stringify(await added.json())).not.toContain(owner(42));
    expect(await ask(42, await consentTo(own, 'pledged', 42)), 'control').toBe('yes');
    expect(await ask(48, await consentTo(own, 'pledged', 48))).toBe('unknown');
    expect((await running.request(ground.tokens.developer, 'POST', '/v1/consent-keys', key)).status).toBe(403);
  });

  it('is none where it is another JWT, unsigned, cut or missing', async () => {
    const good = await consentTo(ground, 'pledged', 54);
    const [head = '', body = '', signature = ''] = good.split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'consent+jwt' })).toString('base64url');
    for (const consents of [
      [await otherJwt(ground)],
      [`${none}.${body}.`],
      [`${head}.${body}`],
      [`${head}.${signature}.${body}`],
      ['x'],
      [],
    ]) {
      const asked = { product: 'pledged', subject: vin(54), also: [plate(54)], consents };
      expect((await lookUp(ground, ground.tokens.developer, asked)).body.answer).toBe('unknown');
    }
    expect((await running.request(good, 'GET', '/v1/plans')).status, 'no consent is an access token').toBe(401);
  });
});

describe('unknown and refused', () => {
  it('have the same bytes, and leave on one tick of a clock', async () => {
    const known = await lookUp(ground, ground.tokens.colleague, {
      product: 'pledged',
      subject: vin(60),
      also: [plate(60)],
      consents: ['x'],
    });
    const unknown = await askAbout(ground, 'pledged', 8_888);
    expect(shape(known.text)).toBe(shape(unknown.text));
    expect(known.text.length - String(known.body.entry).length).toBe(
      unknown.text.length - String(unknown.body.entry).length,
    );
    // Ticks of 250 ms and its doubles: no timed assert can be finer than the clock itself.
    expect(Math.min(known.tookMs, unknown.tookMs)).toBeGreaterThan(245);
  });

  it('have log entries that tell neither the subject nor which of the two it was', async () => {
    const serials = [66, 7_777];
    const consents = [['x'], [await consentTo(ground, 'pledged', 7_777)]];
    for (const [at, serial] of serials.entries()) {
      await lookUp(ground, ground.tokens.developer, {
        product: 'pledged',
        subject: vin(serial),
        also: [plate(serial)],
        consents: consents[at]!,
      });
    }
    const page = await running.request(
      ground.tokens.security,
      'GET',
      '/v1/audit/entries?mode=verify&kind=outcome&limit=2',
    );
    const { items } = (await page.json()) as { items: readonly Record<string, unknown>[] };
    expect(items).toHaveLength(2);
    for (const serial of serials) expect(JSON.stringify(items)).not.toContain(vin(serial));
    const [one = {}, other = {}] = items;
    expect(Object.keys(one)).toEqual(Object.keys(other));
    expect(one['subject']).not.toBe(other['subject']);
    for (const name of ['decision', 'policies', 'product', 'tables', 'mode']) expect(one[name]).toEqual(other[name]);
  });
});

describe('limits', () => {
  it('hold for a subject whoever asks, and look like unknown', async () => {
    const answers: (string | undefined)[] = [];
    for (let asked = 0; asked < 6; asked += 1) answers.push(await answer(72));
    expect(answers).toEqual(['yes', 'yes', 'yes', 'yes', 'yes', 'unknown']);
    expect((await askAbout(ground, 'wear', 72)).body.answer, 'once a month').toBe('B');
    expect((await askAbout(ground, 'wear', 72)).body.answer).toBe('unknown');
  });

  it('another organisation finds no interface', async () => {
    const asked = { product: 'pledged', subject: vin(6), also: [plate(6)], consents: ['x'] };
    const theirs = await lookUp(ground, ground.tokens.rival, asked);
    const absent = await lookUp(ground, ground.tokens.rival, { ...asked, product: 'nothing' });
    expect([theirs.status, absent.status]).toEqual([404, 404]);
    expect(theirs.text.replaceAll('pledged', 'nothing')).toBe(absent.text);
    expect((await lookUp(ground, ground.tokens.provider, asked)).status).toBe(404);
  });
});
