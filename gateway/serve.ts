import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { AppError } from '#policies';
import { assemble, type Gateway } from './assemble.ts';
import { bannerOf } from './banner.ts';
import { createCli } from './cli/cli.ts';
import { reportFailure } from './cli/failure.ts';
import { type Config, readConfig } from './config.ts';
import { readHeaders } from './exports/index.ts';
import { boundConnections, DEFAULT_HTTP_BOUNDS, serverOptions } from './http-bounds.ts';
import { seedHome } from './seed-home.ts';

/** The gateway as a process: the only file that reads the environment, opens the port and ends the process. */

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

async function main(): Promise<void> {
  const config = readConfig(process.env);
  await requirePort(config);
  const telemetry = await openTelemetry(config);
  const gateway = await assemble(config, version, {
    sandbox: (event) => say(config, 'debug', event),
    bug: (reference, error) =>
      say(config, 'error', { kind: 'bug', reference, name: error instanceof Error ? error.name : 'unknown' }),
    fatal: (error) => die(error),
  });
  await seedHome(gateway, config, (line) => console.log(line));
  const { host: hostname, port } = config;
  const options = { fetch: gateway.app.fetch, hostname, port, serverOptions: serverOptions(DEFAULT_HTTP_BOUNDS) };
  const server = serve(options, (bound) => console.log(bannerOf(config, gateway, bound.port))) as Server;
  boundConnections(server, DEFAULT_HTTP_BOUNDS);
  server.on('error', (error) => die(portRefused(config, error)));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop(gateway, server, telemetry));
}

interface Telemetry {
  close(): Promise<void>;
}

/** WHY before anything is assembled: instruments belong to the provider that is there when they are made. */
async function openTelemetry(config: Config): Promise<Telemetry> {
  if (config.telemetry === null) return { close: () => Promise.resolve() };
  const { startTelemetry } = await import('./otlp/index.ts');
  const { url, headersFile } = config.telemetry;
  const headers = headersFile === null ? {} : readHeaders(readFileSync(headersFile, 'utf8'));
  if (typeof headers === 'number') {
    throw new AppError('CONFIG_INVALID', { variable: 'SLUICE_TELEMETRY_HEADERS_FILE', problem: `line ${headers}` });
  }
  const changed = (isTaken: boolean) => say(config, isTaken ? 'info' : 'warn', { kind: 'telemetry', isTaken });
  return startTelemetry({ url, headers, version, changed });
}

/** WHY before anything else: a first start seeds the home for half a minute, and would then end. */
async function requirePort(config: Config): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error) => reject(portRefused(config, error)));
    probe.listen(config.port, config.host, resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
}

function portRefused({ port }: Config, { code }: NodeJS.ErrnoException): AppError {
  return new AppError('CONFIG_INVALID', { variable: 'SLUICE_PORT', problem: `${port}: ${code ?? 'refused'}` });
}

/** Longest that a stop may take: what is not recorded by then, the next start ends as it does after a crash. */
const STOP_MS_MAX = 60_000;
/** For answers that are on their way when all jobs have ended. */
const LAST_ANSWERS_MS = 1_000;

/** Port closed, no new work, what runs ended and recorded, last answers out, workers dead. A second signal ends it at once. */
async function stop(gateway: Gateway, server: Server, telemetry: Telemetry): Promise<void> {
  setTimeout(() => process.exit(1), STOP_MS_MAX).unref();
  const answered = new Promise<void>((resolve) => server.close(() => resolve()));
  await gateway.drain();
  server.closeIdleConnections();
  await Promise.race([answered, sleep(LAST_ANSWERS_MS)]);
  server.closeAllConnections();
  await telemetry.close(); // while the gauges can still be asked
  await gateway.close();
  process.exit(0);
}

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** One JSON line an event: kinds, numbers and references only. */
function say(config: Config, level: (typeof LEVELS)[number], event: object): void {
  if (LEVELS.indexOf(level) < LEVELS.indexOf(config.logLevel)) return;
  console.error(JSON.stringify({ at: new Date().toISOString(), level, ...event }));
}

function die(error: unknown): never {
  process.exit(reportFailure(error, createCli(process.env, [])) || 1);
}

process.on('unhandledRejection', die);
process.on('uncaughtException', die);
await main().catch(die);
