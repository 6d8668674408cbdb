import { rm } from 'node:fs/promises';
import { assemble, type Gateway } from '../../../gateway/assemble.ts';
import { type Config, type Environment, readConfig } from '../../../gateway/config.ts';
import { openEmbeddedIssuer, type Role } from '../../../gateway/identity/index.ts';

import { authorise, putOnList, readyPlan } from './authorise.ts';
import { homeWithFixedKeys } from './fixed-keys.ts';

/** What fetch takes as a body here. */
type RequestBody = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/** A real gateway on an empty home: store, vault, isolated workers, log. Only the port is missing: requests go to the app. */
export interface RunningGateway {
  readonly home: string;
  readonly config: Config;
  readonly gateway: Gateway;
  token(role: Role, sub: string, org: string): Promise<string>;
  request(
    token: string,
    method: string,
    path: string,
    body?: RequestBody | object,
    headers?: Record<string, string>,
  ): Promise<Response>;
  /** As a crash would: nothing is stopped in order but the workers. */
  stop(): Promise<void>;
  destroy(): Promise<void>;
}

/**
 * @param releaseTick instead of the gateway's own clock.
 * @param onFatal instead of a failed test.
 */
export async function startGateway(
  existing?: string,
  releaseTick?: Parameters<typeof assemble>[3],
  environment: Environment = {},
  onFatal?: (error: unknown) => void,
): Promise<RunningGateway> {
  const home = existing ?? (await homeWithFixedKeys());
  const config = readConfig({ SLUICE_HOME: home, SLUICE_SCALE: '0', SLUICE_WORKERS: '2', ...environment });
  const fail = (error: unknown) => {
    throw error;
  };
  const events = {
    sandbox: () => undefined,
    bug: (_reference: string, error: unknown) => fail(error),
    fatal: onFatal ?? fail,
  };
  const gateway = await assemble(config, 'test', events, releaseTick);
  const issuer = await openEmbeddedIssuer({ home, production: false, audience: 'sluice', clock: () => new Date() });
  let stopped = false;
  const stop = async () => {
    if (!stopped) await gateway.close();
    stopped = true;
  };
  return {
    home,
    config,
    gateway,
    token: (role, sub, org) => issuer.issue({ role, sub, org }),
    request(token, method, path, body, headers = {}) {
      const isJson = body !== undefined && Object.getPrototypeOf(body) === Object.prototype;
      const init = {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          'accept-language': 'en',
          ...(isJson ? { 'content-type': 'application/json' } : {}),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : (body as RequestBody) }),
      };
      return Promise.resolve(gateway.app.request(path, init));
    },
    stop,
    async destroy() {
      await stop();
      await rm(home, { recursive: true, force: true });
      await rm(config.runDir, { recursive: true, force: true });
    },
  };
}

/** What a job answered: the parsed body and the status. */
export interface Answer {
  readonly status: number;
  readonly body: {
    readonly id: string;
    readonly state: string;
    readonly mode: string;
    readonly code?: string;
    readonly hint?: string;
    readonly detail?: string;
    readonly job?: string;
    readonly place?: { readonly line: number; readonly column: number } | null;
    readonly result: {
      readonly mode: string;
      readonly columns: readonly {
        readonly name: string;
        readonly type: unknown;
        readonly mode: string;
        readonly because: readonly { column: string; level: string }[];
      }[];
      readonly rows: readonly (readonly (string | number | boolean | null)[])[];
      readonly intervals: Readonly<Record<string, readonly (readonly [number, number] | null)[]>>;
      readonly suppressed: { readonly cells: number; readonly groups: number; readonly reasons: readonly string[] };
    } | null;
  };
}

export async function ask(
  running: RunningGateway,
  token: string,
  plan: string,
  sql: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await running.request(token, 'POST', '/v1/jobs', { plan, sql }, { prefer: 'wait=30', ...headers });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** Registers, uploads and lists a table, then has a plan over it approved. Returns the developer's token. */
export async function publish(
  running: RunningGateway,
  table: {
    readonly schema: { readonly table: string; readonly columns: readonly { readonly name: string }[] };
    readonly csv: RequestBody;
  },
  options: { readonly plan: string; readonly columns?: readonly string[]; readonly unitsMin?: number } = { plan: 'p1' },
): Promise<{ developer: string; provider: string; bureau: string; upload: Response }> {
  const provider = await running.token('provider', 'bob', 'census-office');
  const bureau = await running.token('bureau', 'dan', 'data-bureau');
  const developer = await running.token('developer', 'alice', 'linkong-data');
  const id = table.schema.table;
  const title = { zh: id, en: id };
  await must(
    running.request(provider, 'POST', '/v1/resources', {
      title,
      frequency: 'yearly',
      conditions: 'test',
      schema: table.schema,
    }),
  );
  const upload = await must(
    running.request(provider, 'PUT', `/v1/resources/${id}/data`, table.csv, { 'content-type': 'text/csv' }),
  );
  await listTable(running, id);
  await authorise(running, ['census-office']);
  const columns = options.columns ?? table.schema.columns.map(({ name }) => name);
  await must(
    running.request(developer, 'POST', '/v1/plans', {
      id: options.plan,
      title: 'test',
      purpose: 'test',
      class: 'governance',
      tables: [{ resource: id, columns }],
      validFrom: '2020-01-01',
      validUntil: '2099-12-31',
      ...(options.unitsMin === undefined ? {} : { unitsMin: options.unitsMin }),
    }),
  );
  for (const reviewer of [provider, bureau]) {
    await must(
      running.request(reviewer, 'POST', `/v1/plans/${options.plan}/decisions`, { verdict: 'approve', comment: '' }),
    );
  }
  await readyPlan(running, options.plan);
  return { developer, provider, bureau, upload };
}

/** Three people let the entry through, the bureau lists it, and it comes onto the list of authorised operation. */
export async function listTable(running: RunningGateway, id: string): Promise<void> {
  const bureau = await running.token('bureau', 'dan', 'data-bureau');
  for (const [gate, token] of [
    ['secrecy', await running.token('security', 'sam', 'security-office')],
    ['security', await running.token('security', 'sue', 'security-office')],
    ['personal-information', bureau],
  ] as const) {
    await must(running.request(token, 'POST', `/v1/resources/${id}/gates/${gate}`, { verdict: 'approve' }));
  }
  await must(running.request(bureau, 'POST', `/v1/resources/${id}/listing`));
  await putOnList(running, id);
}

export async function must(request: Promise<Response>): Promise<Response> {
  const response = await request;
  if (response.ok) return response;
  throw new Error(`${response.status}: ${await response.text()}`);
}
