import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { type JWK, SignJWT } from 'jose';
import { signConsent } from '../../../gateway/verify/consent-tokens.ts';
import type { InterfaceContent } from '../../../policies/index.ts';
import { vinCheck } from '../../../policies/index.ts';
import { authorise, readyPlan } from '../life/authorise.ts';
import { listTable, must, type RunningGateway } from '../life/running-gateway.ts';

/** A register of cars and one of pledges, a plan over both, a key that signs consents, and an interface that tells whether a car is pledged. */

export const PURPOSE = '二手车交易前的抵押核验';
export const PLAN = 'cars-1';
const ORG = 'linkong-data';

const title = (text: string) => ({ zh: text, en: text });
const column = (name: string, rest: object) => ({
  name,
  title: title(name),
  type: 'text',
  level: 'general-3',
  ...rest,
});
const VIN = column('vin', { role: 'identifier', level: 'general-4', domain: 'vehicle' });

const CARS = {
  table: 'cars',
  level: 'general-2',
  columns: [
    VIN,
    column('plate_no', { role: 'identifier' }),
    column('owner_id_no', { role: 'identifier', level: 'general-4', unit: 'person' }),
    column('km', { type: 'integer', role: 'measure', bounds: { min: 0, max: 2_000_000 } }),
  ],
};
const PLEDGES = {
  table: 'pledges',
  level: 'general-2',
  columns: [
    VIN,
    column('pledged', { type: 'boolean', role: 'sensitive' }),
    column('until', { type: 'date', role: 'quasi-identifier' }),
  ],
};

/** VINs of one series: they differ in check digit and serial number only. */
export function vinOf(serial: number): string {
  const open = `LVGBE40K0GP${String(100_000 + serial)}`;
  return open.slice(0, 8) + vinCheck(open) + open.slice(9);
}
/** Of the cars of the register: no two are neighbours. */
export const vin = (car: number): string => vinOf((car * 1_009) % 900_000);
export const plate = (serial: number): string => `鄂G${String(10_000 + serial)}`;
export const owner = (serial: number): string => `42070419900307${String(serial).padStart(4, '0')}`;

const CAR_COUNT = 300;
const CARS_CSV = `vin,plate_no,owner_id_no,km\n${Array.from({ length: CAR_COUNT }, (_, n) => `${vin(n)},${plate(n)},${owner(n)},${n * 700}`).join('\n')}\n`;
const PLEDGES_CSV = `vin,pledged,until\n${Array.from({ length: CAR_COUNT }, (_, n) => n)
  .filter((n) => n % 3 === 0)
  .map((n) => `${vin(n)},${n % 2 === 0},2099-01-01`)
  .join('\n')}\n`;

/** Yes where a pledge is in force: the serial number divides by 6. */
export const PLEDGED: InterfaceContent = {
  form: 'interface',
  subject: { resource: 'cars', key: 'vin', also: ['plate_no'], consentBy: ['owner_id_no'] },
  features: [
    {
      code: 'R01',
      title: title('in force'),
      resource: 'pledges',
      key: 'vin',
      aggregate: 'count',
      column: null,
      where: [
        { column: 'pledged', op: '=', value: true },
        { column: 'until', op: '>=', value: { daysBack: 0 } },
      ],
    },
  ],
  answer: { mode: 'verify', holds: [{ feature: 'R01', op: '>', value: 0 }] },
  limits: { perSubject: { times: 5, period: 'day' }, perDay: 400 },
};

export interface Ground {
  readonly running: RunningGateway;
  readonly tokens: Readonly<
    Record<'developer' | 'colleague' | 'rival' | 'provider' | 'bureau' | 'security' | 'guard', string>
  >;
  readonly issuer: { readonly key: KeyObject; readonly jwk: JWK };
}

export async function prepareGround(running: RunningGateway): Promise<Ground> {
  const tokens = {
    developer: await running.token('developer', 'alice', ORG),
    colleague: await running.token('developer', 'amy', ORG),
    rival: await running.token('developer', 'rob', 'rival-data'),
    provider: await running.token('provider', 'bob', 'traffic-police'),
    bureau: await running.token('bureau', 'dan', 'data-bureau'),
    security: await running.token('security', 'carol', 'security-office'),
    guard: await running.token('security', 'dora', 'security-office'),
  };
  for (const [schema, csv] of [
    [CARS, CARS_CSV],
    [PLEDGES, PLEDGES_CSV],
  ] as const) {
    const declaration = { title: title(schema.table), frequency: 'daily', conditions: 'test', schema };
    await must(running.request(tokens.provider, 'POST', '/v1/resources', declaration));
    const path = `/v1/resources/${schema.table}`;
    await must(running.request(tokens.provider, 'PUT', `${path}/data`, csv, { 'content-type': 'text/csv' }));
    await listTable(running, schema.table);
  }
  await authorise(running, ['traffic-police']);
  const tables = [CARS, PLEDGES].map(({ table, columns }) => ({
    resource: table,
    columns: columns.map(({ name }) => name),
  }));
  const plan = {
    id: PLAN,
    title: 't',
    purpose: PURPOSE,
    class: 'industry',
    tables,
    validFrom: '2020-01-01',
    validUntil: '2099-12-31',
  };
  await must(running.request(tokens.developer, 'POST', '/v1/plans', plan));
  for (const reviewer of [tokens.provider, tokens.bureau]) {
    await must(running.request(reviewer, 'POST', `/v1/plans/${PLAN}/decisions`, { verdict: 'approve' }));
  }
  await readyPlan(running, PLAN);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const jwk = publicKey.export({ format: 'jwk' }) as JWK;
  await must(running.request(tokens.bureau, 'POST', '/v1/consent-keys', { title: 'issuer', jwk }));
  return { running, tokens, issuer: { key: privateKey, jwk } };
}

/** Submits, has everybody who is asked approve, and publishes. */
export async function publishProduct(ground: Ground, id: string, content: InterfaceContent): Promise<void> {
  const { running, tokens } = ground;
  const product = { id, title: title(id), plan: PLAN, content };
  const submitted = await must(running.request(tokens.developer, 'POST', '/v1/products', product));
  const { version, hash } = (await submitted.json()) as { version: number; hash: string };
  const path = `/v1/products/${id}/${version}`;
  for (const reviewer of [tokens.provider, tokens.bureau]) {
    await must(running.request(reviewer, 'POST', `${path}/decisions`, { verdict: 'approve', hash }));
  }
  await must(running.request(tokens.developer, 'POST', `${path}/publication`));
}

export interface ConsentTerms {
  readonly by: string;
  readonly about: string | null;
  readonly org: string;
  readonly plan: string;
  readonly purpose: string;
  readonly product: string;
  readonly uses: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1000);

/** A consent to ask about car `serial`, as its owner gives it, but for what `change` says. */
export function consentTo(
  { issuer }: Pick<Ground, 'issuer'>,
  product: string,
  serial: number,
  change: Partial<ConsentTerms> = {},
): Promise<string> {
  const issuedAt = nowSeconds();
  const terms = { by: owner(serial), about: vin(serial), org: ORG, plan: PLAN, purpose: PURPOSE, product, uses: 1 };
  const consent = { ...terms, issuedAt, expiresAt: issuedAt + 3_600, ...change, id: randomUUID() };
  return signConsent(consent, issuer.key, issuer.jwk);
}

/** What an access token or another issuer's paper would be: signed, and no consent. */
export function otherJwt({ issuer }: Pick<Ground, 'issuer'>): Promise<string> {
  return new SignJWT({}).setProtectedHeader({ alg: 'EdDSA', typ: 'JWT' }).setSubject(owner(0)).sign(issuer.key);
}

export interface LookupResponse {
  readonly status: number;
  readonly text: string;
  readonly body: {
    readonly answer?: string;
    readonly reasons?: readonly string[];
    readonly code?: string;
    readonly entry?: number;
  };
  readonly tookMs: number;
}

export async function lookUp(
  { running }: Pick<Ground, 'running'>,
  token: string,
  request: { product: string; subject: string; also?: readonly string[]; consents: readonly string[] },
): Promise<LookupResponse> {
  const startedMs = performance.now();
  const response = await running.request(token, 'POST', '/v1/lookups', request);
  const text = await response.text();
  return {
    status: response.status,
    text,
    body: JSON.parse(text) as LookupResponse['body'],
    tookMs: performance.now() - startedMs,
  };
}

/** Asks as the owner of car `serial` agreed to it. */
export async function askAbout(
  ground: Ground,
  product: string,
  serial: number,
  change: Partial<ConsentTerms> = {},
): Promise<LookupResponse> {
  const consents = [await consentTo(ground, product, serial, change)];
  return lookUp(ground, ground.tokens.developer, { product, subject: vin(serial), also: [plate(serial)], consents });
}
