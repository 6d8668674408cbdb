import { setTimeout as sleep } from 'node:timers/promises';
import { PEOPLE } from '../gateway/life/people.ts';
import { destroyOld, eraseName } from './forgetting.ts';
import type { Promises } from './promises.ts';
import { markedCsv, type Setting, STOPS } from './setting.ts';

/** Clients that do all at once what people do with a gateway, until they are stopped or it is gone. */
export interface Load {
  /** Resolves once so many more results are in somebody's hands, or after so long. */
  results(count: number, withinMs: number): Promise<void>;
  /** No new requests; resolves when the last ones have their answer or have lost it. */
  stop(): Promise<void>;
}

/** Numbers from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Client {
  readonly url: string;
  readonly promises: Promises;
  readonly random: () => number;
  /** Null where no answer came. */
  send(token: string, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
}
type Reply = { readonly status: number; readonly json: Body } | null;
interface Body {
  readonly id?: string;
  readonly state?: string;
  readonly version?: number;
  readonly rows?: number;
  readonly items?: readonly { readonly version: number; readonly state: string }[];
  readonly result?: { readonly columns: readonly { readonly name: string }[]; readonly rows: unknown[][] } | null;
}

export async function startLoad(setting: Setting, url: string, promises: Promises, seed: number): Promise<Load> {
  const random = seeded(seed);
  const stopping = new AbortController();
  const send: Client['send'] = async (token, method, path, body, headers = {}) => {
    const isText = typeof body === 'string';
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': isText ? 'text/csv' : 'application/json',
          ...headers,
        },
        ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      });
      return { status: response.status, json: (await response.json()) as Body };
    } catch (error) {
      if (error instanceof TypeError || error instanceof SyntaxError || error instanceof DOMException) return null;
      throw error;
    }
  };
  const client: Client = { url, promises, random, send };
  const tokens = await tokensOf(setting);
  const loops = [
    ...tokens.developers.map((token) => () => ask(client, token)),
    () => upload(client, tokens.provider),
    () => upload(client, tokens.provider), // a second one is refused while the first runs
    () => withdraw(client, tokens.provider),
    () => freezeOrThaw(client, tokens.officers),
    () => cancel(client, tokens.developers[0]!),
    () => destroyOld(client, tokens.provider),
    () => eraseName(client, setting, tokens.officers[0]),
  ];
  const running = loops.map(async (step) => {
    while (!stopping.signal.aborted) {
      await step();
      await sleep(PAUSE_MS * random());
    }
  });
  return {
    async results(count, withinMs) {
      const until = performance.now() + withinMs;
      const target = promises.results.size + count;
      while (promises.results.size < target && performance.now() < until) await sleep(5);
    },
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

const ANSWER_MS_MAX = 60_000;
const PAUSE_MS = 60;
const DEVELOPERS = 4;

async function tokensOf({ token }: Setting) {
  return {
    developers: await Promise.all(
      Array.from({ length: DEVELOPERS }, (_, n) => token('developer', `dev-${n}`, 'linkong-data')),
    ),
    provider: await token('provider', 'bob', 'census-office'),
    officers: [
      await token('security', 'carol', 'security-office'),
      await token('security', 'dora', 'security-office'),
    ] as const,
  };
}

let asked = 0;

/** One question of each mode. `run` makes each another one. */
const QUESTIONS = {
  stops: (run: number) => `SELECT name, lines, ${run} AS run FROM stops WHERE lines > 5 ORDER BY name LIMIT 20`,
  people: (run: number) => `SELECT dept, count(*) AS n, ${run} AS run FROM people GROUP BY dept ORDER BY dept`,
  perturbed: (run: number) => `SELECT count(room) AS rooms, ${run} AS run FROM people`,
  private_people: (run: number) => `SELECT count(*) AS n, ${run} AS run FROM private_people`,
  uploads: (run: number) => `SELECT count(*) AS n, ${run} AS run FROM uploads`,
  frozen: (run: number) => `SELECT count(*) AS n, ${run} AS run FROM frozen`,
} as const;
type Question = keyof typeof QUESTIONS;

const RHO = 0.0002;

async function ask({ send, promises, random }: Client, token: string): Promise<void> {
  const names = Object.keys(QUESTIONS) as Question[];
  const question = names[Math.floor(random() * names.length)]!;
  asked += 1;
  const plan = question === 'perturbed' ? 'people' : question;
  // Every fourth is the same question again: the answer that was released goes out once more.
  const body = {
    ...{ plan, sql: QUESTIONS[question](random() < 0.25 ? 0 : asked) },
    ...(question === 'private_people' ? { options: { privacy: { rho: RHO } } } : {}),
  };
  const wait: Record<string, string> = random() < 0.7 ? { prefer: 'wait=20' } : {};
  let reply = await send(token, 'POST', '/v1/jobs', body, wait);
  const id = reply?.json.id;
  if (reply === null || reply.status >= 400 || id === undefined) return;
  promises.jobs.add(id);
  if (reply.status === 202) reply = await send(token, 'GET', `/v1/jobs/${id}`, undefined, { prefer: 'wait=20' });
  const result = reply?.json.result;
  if (result === null || result === undefined) return;
  const rows = result.rows;
  promises.results.set(id, { token, plan, columns: result.columns.map(({ name }) => name), rows });
  if (!isTrue(question, rows)) promises.wrong.push(`${question}: ${JSON.stringify(rows).slice(0, 120)}`);
}

const TRUE_STOPS = STOPS.filter(([, lines]) => lines > 5)
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
  .slice(0, 20);
const peopleIn = (dept: unknown) => PEOPLE.filter((person) => person.dept === dept).length;

/** Where an answer is a function of the data alone. */
function isTrue(question: Question, rows: readonly (readonly unknown[])[]): boolean {
  if (question === 'stops') return JSON.stringify(rows.map(([a, b]) => [a, b])) === JSON.stringify(TRUE_STOPS);
  if (question === 'people') return rows.every(([dept, n]) => n === null || n === peopleIn(dept));
  return question === 'frozen' ? rows[0]?.[0] === PEOPLE.length : true;
}

/** Most are taken, every third adds to what is there; some have another digest than they say, or too many bad rows, and leave nothing. */
async function upload({ send, promises, random }: Client, token: string): Promise<void> {
  const isAppend = random() < 0.35;
  const people = isAppend ? 20 + Math.floor(random() * 20) : 200 + Math.floor(random() * 200);
  const kind = random();
  const csv = kind < 0.15 ? `${markedCsv(people)}bad,row,of,the,wrong,kind\n` : markedCsv(people);
  const headers: Record<string, string> = kind > 0.85 ? { 'content-digest': `sha-256=:${'A'.repeat(43)}=:` } : {};
  const reply = await send(
    token,
    isAppend ? 'POST' : 'PUT',
    `/v1/resources/uploads/data${isAppend ? '?mode=append' : ''}`,
    csv,
    headers,
  );
  if (reply?.status === 201 && reply.json.version !== undefined) {
    if (reply.json.version > (promises.uploaded?.version ?? 0))
      promises.uploaded = { version: reply.json.version, rows: reply.json.rows ?? people };
  }
  await sleep(400 * random());
}

async function withdraw({ send, promises, random }: Client, token: string): Promise<void> {
  asked += 1;
  const id = `gone_${asked}`;
  const schema = {
    table: id,
    columns: [{ name: 'x', title: { zh: 'x', en: 'x' }, type: 'integer', level: 'general-1', role: 'measure' }],
  };
  const declared = { title: { zh: id, en: id }, frequency: 'yearly', conditions: 'test', schema };
  const made = await send(token, 'POST', '/v1/resources', declared);
  if (made?.status !== 201) return;
  const gone = await send(token, 'DELETE', `/v1/resources/${id}`);
  if (gone !== null && gone.status < 300) promises.withdrawn.add(id);
  await sleep(300 * random());
}

async function freezeOrThaw({ send, promises, random }: Client, officers: readonly [string, string]): Promise<void> {
  const { freeze } = promises;
  if (freeze.id === null) {
    promises.freeze = { state: 'unknown', id: null };
    const reply = await send(officers[0], 'POST', '/v1/freezes', { scope: 'plan', target: 'frozen', reason: 'drill' });
    if (reply?.status === 201) promises.freeze = { state: 'frozen', id: reply.json.id ?? null };
    return;
  }
  await sleep(400 * random());
  promises.freeze = { ...freeze, state: 'unknown' };
  const replies = [];
  for (const officer of officers) replies.push(await send(officer, 'DELETE', `/v1/freezes/${freeze.id}`));
  if (replies.every((reply) => reply !== null && reply.status < 500)) promises.freeze = { state: 'none', id: null };
}

const HUNDRED = `(VALUES ${Array.from({ length: 100 }, (_, n) => `(${n})`).join(', ')})`;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
export const ENDLESS = `SELECT count(*) FROM ${NAMES.map((name) => `${HUNDRED} ${name}(n)`).join(', ')}
  WHERE a.n + b.n + c.n + d.n + e.n > f.n`;

/** A job that would never end is cancelled, or is left to whatever comes. */
async function cancel({ send, promises, random }: Client, token: string): Promise<void> {
  const deadlineMs = 200 + Math.floor(800 * random());
  const reply = await send(token, 'POST', '/v1/jobs', { plan: 'stops', sql: ENDLESS, options: { deadlineMs } });
  const id = reply?.json.id;
  if (reply?.status !== 202 || id === undefined) return;
  promises.jobs.add(id);
  await sleep(300 * random());
  if (random() < 0.5) await send(token, 'DELETE', `/v1/jobs/${id}`);
  await sleep(500 * random());
}
