import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

/** A gateway in a process of its own, as an operator starts it: what can be killed. */
export interface GatewayProcess {
  readonly child: ChildProcess;
  readonly url: string;
}

const MAIN = join(import.meta.dirname, '../../../gateway/main.ts');

/** Resolves when it listens. `started` learns of the process at once, so that nothing outlives a failed test. */
export async function startGatewayProcess(
  home: string,
  started: (child: ChildProcess) => void = () => undefined,
): Promise<GatewayProcess> {
  const env = { ...process.env, SLUICE_HOME: home, SLUICE_PORT: '0', SLUICE_SCALE: '0' };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  started(child);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
    if (url !== undefined) resolve(url);
  });
  child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)));
  return { child, url: await promise };
}

/** kill -9, and its end. */
export async function killProcess(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
