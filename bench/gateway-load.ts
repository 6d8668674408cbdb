/**
 * The clients of the gateway bench, in a process of their own, so that their work is not the gateway's. Told what to do
 * by messages, one at a time: one request and how long it took, or a load and how many jobs a second it had answered.
 */
import { Agent, request } from 'node:http';

export interface Target {
  readonly url: string;
  readonly token: string;
  /** Each request has its own number in place of `NUMBER`: without, all are the same question and get the stored answer. */
  readonly body: string;
}
export const NUMBER = '{number}';
export type ClientOrder =
  | { readonly kind: 'ask'; readonly target: Target }
  | { readonly kind: 'load'; readonly target: Target; readonly seconds: number; readonly clients: number };
export type ClientReport =
  | { readonly kind: 'answer'; readonly tookMs: number; readonly text: string }
  | { readonly kind: 'rate'; readonly jobsPerSecond: number };

let asked = 0;
const single = new Agent({ keepAlive: true, maxSockets: 1 });

process.on('message', (order: ClientOrder) => {
  void carryOut(order).then((report) => process.send!(report));
});
process.on('disconnect', () => single.destroy());

async function carryOut(order: ClientOrder): Promise<ClientReport> {
  if (order.kind === 'load') return { kind: 'rate', jobsPerSecond: await load(order) };
  const startedMs = performance.now();
  const text = await ask(order.target, single);
  return { kind: 'answer', tookMs: performance.now() - startedMs, text };
}

async function load({ target, seconds, clients }: Extract<ClientOrder, { kind: 'load' }>): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const warmUntil = performance.now() + seconds * 200;
  const until = warmUntil + seconds * 1000;
  let done = 0;
  async function client(): Promise<void> {
    while (performance.now() < until) {
      await ask(target, agent);
      if (performance.now() >= warmUntil) done++;
    }
  }
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return done / seconds;
}

function ask({ url, token, body }: Target, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'wait=30' };
    const sent = request(`${url}/v1/jobs`, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`answered ${response.statusCode}`)),
      );
    });
    sent.on('error', reject);
    asked += 1;
    sent.end(body.replaceAll(NUMBER, String(asked)));
  });
}
