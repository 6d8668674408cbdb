import type { AttackedGateway } from './attacked-gateway.ts';
import { ERRORS } from './catalogue-errors.ts';
import type { WORK } from './catalogue-work.ts';
import { FORGERIES } from './forged-tokens.ts';
import { openUnprotected } from './unprotected.ts';

/** A 4, A 23 and A 25: attacks on the price, on the time and on the request, each tried once. */
export interface ExtraAttack {
  readonly name: string;
  readonly through: boolean;
  /** The same without protection, or the honest request, works. */
  readonly control: boolean;
}

/** A 4: failing queries in both worlds, then what they cost. Control: a price for answers alone would differ. */
export async function chargedAlike(
  secret: AttackedGateway,
  ordinary: AttackedGateway,
): Promise<readonly ExtraAttack[]> {
  const loop = ERRORS.filter(({ id, refused }) => /^A[123]\./.test(id) && refused === undefined);
  const engines = await Promise.all([openUnprotected('secret'), openUnprotected('ordinary')]);
  const answered = [0, 0];
  for (const { sql } of loop) {
    await Promise.all([secret.ask(sql), ordinary.ask(sql)]);
    for (const [side, engine] of engines.entries()) if ((await engine.run(sql)).error === null) answered[side]! += 1;
  }
  const budgets = await Promise.all(
    [secret, ordinary].map(async (one) => (await one.get('/v1/budgets')).body.toString()),
  );
  return [{ name: 'budgets', through: budgets[0] !== budgets[1], control: answered[0] !== answered[1] }];
}

const DEADLINE_MS = 1_500;
const TIMES_SLOWER = 10;

/** A 23: does the deadline strike in one world only. Control: the work differs tenfold, or does not end. */
export async function sameTime(
  secret: AttackedGateway,
  ordinary: AttackedGateway,
  work: typeof WORK,
): Promise<readonly ExtraAttack[]> {
  const figures: ExtraAttack[] = [];
  for (const [name, sql, control = sql] of work) {
    const ask = async (gateway: AttackedGateway) => {
      const { status, code } = await gateway.ask(sql, { deadlineMs: DEADLINE_MS });
      return `${status} ${code}`;
    };
    const through = (await ask(secret)) !== (await ask(ordinary));
    const times = [];
    for (const world of ['ordinary', 'secret'] as const) {
      const start = performance.now();
      await (await openUnprotected(world)).run(control, DEADLINE_MS);
      times.push(performance.now() - start);
    }
    figures.push({ name, through, control: times[1]! >= DEADLINE_MS || times[1]! > TIMES_SLOWER * times[0]! });
  }
  return figures;
}

const SQL = 'SELECT count(*) FROM p';

/** A 25: tokens, other people's jobs and plans, replayed keys, parameters that nobody offered. */
export async function forgedRequests({ running, developer }: AttackedGateway): Promise<readonly ExtraAttack[]> {
  const send = async (token: string, method: string, path: string, body?: object, headers = {}) => {
    const response = await running.request(token, method, path, body, { prefer: 'wait=30', ...headers });
    return { status: response.status, body: (await response.json()) as { id?: string; code?: string } };
  };
  const submit = (token: string, body: object, headers = {}) => send(token, 'POST', '/v1/jobs', body, headers);
  const honest = await submit(developer, { plan: 'attacked', sql: SQL });
  const mallory = await running.token('developer', 'mallory', 'other-org');
  const isOk = ({ status }: { status: number }) => status < 300;
  const control = isOk(honest);
  const key = { 'idempotency-key': 'attack-suite-0001' };
  await submit(developer, { plan: 'attacked', sql: SQL }, key);
  const replay = await submit(developer, { plan: 'attacked', sql: 'SELECT sum(salary) FROM p' }, key);
  const figures = [
    { name: "another's job", through: isOk(await send(mallory, 'GET', `/v1/jobs/${honest.body.id}`)), control },
    { name: "another's plan", through: isOk(await submit(mallory, { plan: 'attacked', sql: SQL })), control },
    { name: 'a replayed key with another body', through: isOk(replay), control },
  ];
  for (const extra of [{ epsilon: 100 }, { mode: 'rows' }, { options: { unitsMin: 1 } }])
    figures.push({
      name: `parameter ${Object.keys(extra)[0]}`,
      through: isOk(await submit(developer, { plan: 'attacked', sql: SQL, ...extra })),
      control,
    });
  const list = await send(developer, 'GET', '/v1/jobs');
  for (const [name, forge] of FORGERIES)
    figures.push({
      name: `token: ${name}`,
      through: isOk(await send(forge(developer), 'GET', '/v1/jobs')),
      control: isOk(list),
    });
  return figures;
}
