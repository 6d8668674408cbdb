import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Attack, BIT } from './attack.ts';
import { type AttackedGateway, openAttacked, type Seen } from './attacked-gateway.ts';
import { WORLDS, type World } from './attacked-table.ts';
import { outputOf, sightings, sightingsIn } from './canary-scan.ts';
import { AGGREGATES } from './catalogue-aggregates.ts';
import { DIFFERENCES, KNOWN_LIMITS } from './catalogue-differences.ts';
import { ERRORS } from './catalogue-errors.ts';
import { ESCAPES } from './catalogue-escapes.ts';
import { MORE } from './catalogue-more.ts';
import { conclusion, learnedUnprotected } from './conclusion.ts';
import { OPEN_ATTACKS } from './open-attacks.ts';
import { openUnprotected, type Unprotected } from './unprotected.ts';

/**
 * Goal: no single query over HTTP tells anything about one person (attack list A 1–24; requests as such: A 25 beside).
 * Method: every attack runs in neighbouring worlds that differ in one person's row, straight in DuckDB (the control,
 * which must tell the worlds apart) and through a real gateway.
 * Invariants: status, code, shape and what the attacker computes from the answer are the same in both worlds, so that
 * the distinguishing advantage is 0; no canary is in any response, log entry, output of the process or file of the home.
 */

const gateways = new Map<World, AttackedGateway>();
const engines = new Map<World, Unprotected>();
let output = '';
beforeAll(async () => {
  for (const world of WORLDS) {
    gateways.set(world, await openAttacked(world));
    engines.set(world, await openUnprotected(world));
  }
}, 60_000);
afterAll(async () => {
  for (const { running } of gateways.values()) await running.destroy();
});

async function inWorlds<T>(against: World, run: (world: World) => Promise<T>): Promise<readonly [T, T]> {
  return [await run('secret'), await run(against)];
}

const REFUSED_BY_TEXT: readonly (string | null)[] = [
  'POLICY_CONSTRUCT_REFUSED',
  'POLICY_AGGREGATE_REFUSED',
  'POLICY_UNIT_MISSING',
];

async function control(attack: Attack): Promise<void> {
  const sql = attack.control ?? attack.sql;
  const outcomes = await inWorlds(attack.against ?? 'ordinary', (world) => engines.get(world)!.run(sql));
  if (attack.always) return expect(outcomes[0].error, 'the attack works without protection').toBeNull();
  const learned = outcomes.map((outcome) => learnedUnprotected(attack, outcome));
  expect(learned[0], `the attack works without protection: ${JSON.stringify(learned)}`).not.toEqual(learned[1]);
}

async function ask(attack: Attack): Promise<readonly [Seen, Seen]> {
  let seen: readonly [Seen, Seen] | null = null;
  output += await outputOf(async () => {
    seen = await inWorlds(attack.against ?? 'ordinary', (world) => gateways.get(world)!.ask(attack.sql));
  });
  return seen!;
}

describe.each([
  ['errors, NULL and hidden cells', ERRORS],
  ['sets that differ by one', DIFFERENCES],
  ['single values and contributions', AGGREGATES],
  ['constructs of the engine', ESCAPES],
  ['further spellings', MORE],
])('%s', (_title, attacks) => {
  it.each(attacks)('$id $name', async (attack) => {
    await control(attack);
    const [secret, other] = await ask(attack);
    if (OPEN_ATTACKS.has(attack.id)) {
      const [a, b] = [conclusion(attack, secret.rows), conclusion(attack, other.rows)];
      return expect(a, 'this open attack still works; else take it off the list').not.toEqual(b);
    }
    // What the compiler refuses from the text alone tells nothing either, and alike in both worlds.
    if (attack.refused !== undefined || !REFUSED_BY_TEXT.includes(secret.code)) {
      expect(secret.code).toBe(attack.refused ?? null);
    }
    expect({ status: secret.status, code: secret.code }).toEqual({ status: other.status, code: other.code });
    expect(conclusion(attack, secret.rows), 'what the attacker learns is alike in both worlds').toEqual(
      conclusion(attack, other.rows),
    );
    if (attack.learn === undefined) expect(secret.shape).toBe(other.shape);
  });
});

describe('known limit: what a hidden cell tells beside its value', () => {
  it('how many groups were left out, where that number stands for many people', async () => {
    const key = `CASE WHEN ${BIT} THEN 1000 ELSE least(age, 49) END`;
    const sql = `SELECT ${key} AS k, count(*) FROM p GROUP BY k`;
    const [secret, other] = await ask({ id: 'A7', name: 'groups', sql });
    expect(secret.suppressed).not.toEqual(other.suppressed);
  });
});

/** SECURITY.md admits them; each turns red when the guard across answers comes, and then moves up. */
describe('known limits', () => {
  it.each(KNOWN_LIMITS)('$id $name', async (attack) => {
    await control(attack);
    const [secret, other] = await ask(attack);
    expect(secret.status).toBe(200);
    expect(secret.rows).not.toEqual(other.rows);
  });
});

describe('canaries, after every attack', () => {
  it('are found where they are: the scan works', async () => {
    const { rows } = await engines.get('secret')!.run('SELECT * FROM p');
    expect(new Set(sightings('control', JSON.stringify(rows)).map(({ canary }) => canary)).size).toBe(4);
  });

  it('are in no response, header or error', () => {
    expect([...gateways.values()].flatMap(({ sighted }) => sighted)).toEqual([]);
  });

  it('are in no list, explanation, result format, event, receipt, log entry or tile', async () => {
    const gateway = gateways.get('secret')!;
    const security = await gateway.running.token('security', 'erin', 'security-office');
    const { body } = await gateway.get('/v1/jobs?limit=200');
    const jobs = (JSON.parse(body.toString()) as { items: readonly { id: string; state: string }[] }).items;
    for (const { id, state } of jobs.filter((job) => job.state === 'finished').slice(0, 20)) {
      const self = `/v1/jobs/${id}`;
      for (const path of [self, `${self}/events`, `${self}/receipt`])
        expect((await gateway.get(path)).status, path + state).toBe(200);
      for (const accept of ['application/json', 'text/csv', 'application/vnd.apache.arrow.stream'])
        expect((await gateway.get(`${self}/result`, { accept })).status).toBe(200);
    }
    for (const path of [
      '/v1/audit/entries?limit=200',
      '/v1/audit/checkpoint',
      '/v1/audit/tile/entries/000',
      '/v1/audit/tile/0/000',
    ])
      await gateway.get(path, {}, security);
    await gateway.get('/v1/resources/p');
    await gateway.get('/v1/resources');
    expect(gateway.sighted).toEqual([]);
  });

  it('are in no output of the process', () => {
    expect(sightings('output', output)).toEqual([]);
  });

  it('are in no file of the home, the vault included', async () => {
    for (const { running } of gateways.values()) expect(await sightingsIn(running.home)).toEqual([]);
  });
});
