/** Clients for the gateway bench, in a process of their own: asks over kept-alive connections for a while, reports. */
import { Agent, request } from 'node:http';

interface Load {
  readonly url: string;
  readonly token: string;
  readonly seconds: number;
  readonly clients: number;
  readonly body: string;
}

process.once('message', (load: Load) => {
  void run(load).then((jobsPerSecond) => {
    process.send!({ jobsPerSecond });
    process.disconnect();
  });
});

async function run(load: Load): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.clients });
  const warmUntil = performance.now() + load.seconds * 200;
  const until = warmUntil + load.seconds * 1000;
  let done = 0;
  async function client(): Promise<void> {
    while (performance.now() < until) {
      await ask(load, agent);
      if (performance.now() >= warmUntil) done++;
    }
  }
  await Promise.all(Array.from({ length: load.clients }, client));
  agent.destroy();
  return done / load.seconds;
}

function ask({ url, token, body }: Load, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'wait=30' };
    const sent = request(`${url}/v1/jobs`, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`answered ${response.statusCode}`)),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
