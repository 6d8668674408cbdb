import { StoredGuardMemory } from '../../gateway/pipeline/guard-memory.ts';
import { readyPlan } from '../gateway/life/authorise.ts';
import { publish, type RunningGateway, startGateway } from '../gateway/life/running-gateway.ts';
import type { Rows } from './attack.ts';
import { csvOf, P_SCHEMA, PUB_SCHEMA, PUBLIC_ROWS, peopleOf, perturbedSchema, type World } from './attacked-table.ts';
import { type Sighting, sightings } from './canary-scan.ts';

/** What an attacker sees of one job: nothing else of the response depends on the data. */
export interface Seen {
  readonly status: number;
  readonly code: string | null;
  readonly rows: Rows | null;
  readonly suppressed: unknown;
  /** All that a response says but its times, ids and hashes. */
  readonly shape: string;
}
export interface AttackedGateway {
  readonly running: RunningGateway;
  readonly developer: string;
  /** Every response of `ask` is searched for canaries. */
  readonly sighted: Sighting[];
  /** `copy`: of the tables for mode `perturbed`, instead of `p`. */
  ask(sql: string, options?: { readonly deadlineMs?: number }, copy?: number): Promise<Seen>;
  get(
    path: string,
    headers?: Record<string, string>,
    token?: string,
  ): Promise<{ readonly status: number; readonly body: Buffer }>;
}

const PLAN = 'attacked';

/** A single query is asked of a gateway that has answered none: what answers tell together is for the campaigns. */
async function forgetAnswers({ gateway: { pipeline } }: RunningGateway): Promise<void> {
  const tables = ['known_set_prints', 'known_sets', 'given_values'];
  await pipeline.store.commit((tx) => tx.client.exec(tables.map((table) => `DELETE FROM ${table};`).join(' ')));
  Object.assign(pipeline, { guard: new StoredGuardMemory(pipeline.store) });
}

/** Every mention of the table in a text becomes one of its copy. */
const overCopy = (sql: string, copy: number): string => sql.replaceAll(/\bp\b/gi, `p${copy}`);

/**
 * A real gateway that holds one world, and a developer whose plan covers every column of it. `copies`: the people once
 * more so many times, at level general-3. Noise is each copy's own: over copies, what only looks like a secret varies.
 * @param releaseTick instead of the gateway's own clock
 */
export async function openAttacked(
  world: World,
  copies = 0,
  releaseTick?: Parameters<typeof startGateway>[1],
): Promise<AttackedGateway> {
  const running = await startGateway(undefined, releaseTick);
  await publish(running, { schema: PUB_SCHEMA, csv: csvOf(PUB_SCHEMA, PUBLIC_ROWS) }, { plan: 'public' });
  const { developer, provider, bureau } = await publish(
    running,
    { schema: P_SCHEMA, csv: csvOf(P_SCHEMA, peopleOf(world)) },
    { plan: 'people' },
  );
  await planOver(running, PLAN, [P_SCHEMA, PUB_SCHEMA], { developer, provider, bureau });
  for (let copy = 1; copy <= copies; copy += 1) {
    const schema = perturbedSchema(`p${copy}`);
    await publish(running, { schema, csv: csvOf(schema, peopleOf(world)) }, { plan: `people-${copy}` });
    await planOver(running, `${PLAN}-${copy}`, [schema, PUB_SCHEMA], { developer, provider, bureau });
  }
  const sighted: Sighting[] = [];
  const read = async (where: string, response: Response) => {
    const body = Buffer.from(await response.arrayBuffer());
    sighted.push(...sightings(where, body), ...sightings(where, JSON.stringify([...response.headers])));
    return { status: response.status, body };
  };
  return {
    running,
    developer,
    sighted,
    async ask(sql, options, copy) {
      await forgetAnswers(running);
      const target = copy === undefined ? { plan: PLAN, sql } : { plan: `${PLAN}-${copy}`, sql: overCopy(sql, copy) };
      const request = { ...target, ...(options === undefined ? {} : { options }) };
      const response = await running.request(developer, 'POST', '/v1/jobs', request, { prefer: 'wait=60' });
      const { status, body } = await read(sql, response);
      return seenOf(status, JSON.parse(body.toString()));
    },
    get: async (path, headers = {}, token = developer) =>
      read(path, await running.request(token, 'GET', path, undefined, headers)),
  };
}

async function planOver(
  running: RunningGateway,
  id: string,
  schemas: readonly { readonly table: string; readonly columns: readonly { readonly name: string }[] }[],
  tokens: Record<'developer' | 'provider' | 'bureau', string>,
) {
  const tables = schemas.map(({ table, columns }) => ({
    resource: table,
    columns: columns.map(({ name }) => name),
  }));
  const facts = {
    title: 'test',
    purpose: 'test',
    class: 'governance',
    validFrom: '2020-01-01',
    validUntil: '2099-12-31',
  };
  const requests: readonly (readonly [string, string, object])[] = [
    [tokens.developer, '/v1/plans', { id, ...facts, tables }],
    ...[tokens.provider, tokens.bureau].map(
      (token) => [token, `/v1/plans/${id}/decisions`, { verdict: 'approve', comment: '' }] as const,
    ),
  ];
  for (const [token, path, body] of requests) {
    const response = await running.request(token, 'POST', path, body);
    if (!response.ok) throw new Error(await response.text());
  }
  await readyPlan(running, id);
}

interface JobBody {
  readonly code?: string;
  readonly state?: string;
  readonly problem?: { readonly code: string } | null;
  readonly result?: { readonly rows: Rows; readonly suppressed: unknown } | null;
}

function seenOf(status: number, body: JobBody): Seen {
  const { rows = null, suppressed = null } = body.result ?? {};
  const code = body.code ?? body.problem?.code ?? null;
  const shape = JSON.stringify(body, (key, value: unknown) => (CHANGING.has(key) ? undefined : value));
  return { status, code, rows, suppressed, shape };
}

/** What differs from job to job, whatever the data. */
const CHANGING: ReadonlySet<string> = new Set([
  'id',
  'job',
  'createdAt',
  'startedAt',
  'finishedAt',
  'links',
  'receipt',
  'instance',
  'plan',
  'rows',
]);
