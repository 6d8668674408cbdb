/**
 * Goal: a custodian that is lost while it is asked costs a clear refusal, and once it is back the same question has its exact answer.
 * Method: who stands between cuts the connection, before the question is heard or once it is answered, so that it was charged and opened
 * and nobody heard; then another custodian starts on the same directory.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_CUSTODIAN_POLICY } from '../../../gateway/custodian/custodian-policy.ts';
import { exactnessTables } from '../../custodian/exactness/tables.ts';
import { type CustodyCity, custodyCity } from './custody-city.ts';

let city: CustodyCity;
let pums = '';
let cutting: 'no' | 'before' | 'after' = 'no';
const SILENT = { take: (_: unknown, count: number) => Array.from({ length: count }, () => 0n) };

const through = async (url: string): Promise<string> => {
  const { port } = new URL(url);
  const server = createServer((from: Socket) => {
    const to = connect(Number(port), '127.0.0.1');
    const end = () => {
      from.destroy();
      to.destroy();
    };
    for (const one of [from, to]) one.on('error', end).on('close', end);
    from.on('data', (data) => (cutting === 'before' ? end() : to.write(data)));
    to.on('data', (data) => (cutting === 'after' ? end() : from.write(data)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

beforeAll(async () => {
  city = await custodyCity({
    policy: { ...DEFAULT_CUSTODIAN_POLICY, datasetRho: 1e5, planRho: 1e5, openingRho: 1e5 },
    instead: { noise: SILENT, setChecks: [] },
    tables: (encryption) => {
      const tables = exactnessTables(encryption);
      pums = tables[0]!.csv;
      return tables;
    },
    through,
  });
}, 240_000);
afterAll(() => city.destroy());

it.each([
  ['before', 20],
  ['after', 30],
] as const)('cut off %s it has answered', { timeout: 240_000 }, async (when, years) => {
  const sql = `SELECT sum(income) AS s FROM pums t WHERE age >= ${years}`;
  cutting = when;
  const lost = await city.ask(sql);
  expect(lost.body).toMatchObject({ code: 'CUSTODIAN_AWAY', status: 503 });
  cutting = 'no';
  await city.restartCustodian(() => Promise.resolve());
  const { body } = await city.ask(sql);
  expect(body).toMatchObject({ state: 'finished', result: { rows: [[incomeFrom(years)]] } });
});

function incomeFrom(years: number): number {
  const [head, ...lines] = pums
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const [age, income] = ['age', 'income'].map((name) => head!.indexOf(name)) as [number, number];
  const hundredths = lines.filter((fields) => Number(fields[age]) >= years).map((fields) => fields[income]!);
  return hundredths.reduce((sum, text) => sum + Math.round(Number(text) * 100), 0) / 100;
}
