import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';

/** What lies on the host for an attacker to reach. Everything is planted for one run and means nothing to anybody else. */
export interface Ground {
  /** A folder of the host that no worker is given. */
  readonly host: string;
  readonly canaryFile: string;
  /** What stands in it. */
  readonly canary: string;
  /** Sources of the gateway, which workers do not get. */
  readonly gatewaySource: string;
  /** A package that workers do not get. */
  readonly foreignPackage: string;
  readonly tcpPort: number;
  readonly outwardAddress: string | null;
  readonly udpPort: number;
  readonly unixSocket: string;
  readonly abstractSocket: string;
  /** Of the gateway's side, and of a bystander that does nothing. */
  readonly parentPid: number;
  readonly bystanderPid: number;
  /** As the attacker sees them. */
  readonly granted: string;
  readonly writable: string;
}

/** The host's side of the ground. */
export interface PlantedGround {
  readonly ground: Omit<Ground, 'granted' | 'writable'>;
  /** Folders that become the attacker's mounts. */
  readonly grantedDir: string;
  readonly writableDir: string;
  bystanderLives(): boolean;
  /** Puts back what a control may have changed. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

export const GRANTED_TEXT = 'granted';

export async function plantGround(root: string): Promise<PlantedGround> {
  const host = await mkdtemp('/dev/shm/sluice-escape-');
  const canary = `canary-${randomBytes(8).toString('hex')}`;
  const grantedDir = join(host, 'mounts', 'granted');
  const writableDir = join(host, 'mounts', 'writable');
  await mkdir(grantedDir, { recursive: true });
  await mkdir(writableDir, { recursive: true });
  const canaryFile = join(host, 'canary');
  const servers: Server[] = [];
  const tcpPort = await listen(servers, { port: 0, host: '::' });
  const unixSocket = join(host, 'socket');
  const abstractSocket = `\0sluice-escape-${randomBytes(6).toString('hex')}`;
  await listen(servers, { path: unixSocket });
  await listen(servers, { path: abstractSocket });
  let bystander = startBystander();
  const restore = async () => {
    if (!lives(bystander)) bystander = startBystander();
    await rm(writableDir, { recursive: true, force: true });
    await mkdir(writableDir);
    await writeFile(canaryFile, canary, { mode: 0o644 });
    await writeFile(join(grantedDir, 'table'), GRANTED_TEXT, { mode: 0o644 });
  };
  await restore();
  const ground = {
    ...{ host, canaryFile, canary, tcpPort, unixSocket, abstractSocket, parentPid: process.pid },
    gatewaySource: join(root, 'gateway', 'main.ts'),
    foreignPackage: join(root, 'node_modules', 'hono', 'package.json'),
    outwardAddress: outwardAddress(),
    udpPort: tcpPort,
  };
  return {
    get ground() {
      return { ...ground, bystanderPid: bystander.pid ?? 0 };
    },
    ...{ grantedDir, writableDir, restore },
    bystanderLives: () => lives(bystander),
    async close() {
      bystander.kill('SIGKILL');
      for (const server of servers) server.close();
      await rm(host, { recursive: true, force: true });
    },
  };
}

export async function isUntouched({ ground, grantedDir }: PlantedGround): Promise<boolean> {
  const canary = await readFile(ground.canaryFile, 'utf8').catch(() => '');
  const granted = await readFile(join(grantedDir, 'table'), 'utf8').catch(() => '');
  return canary === ground.canary && granted === GRANTED_TEXT;
}

const startBystander = (): ChildProcess =>
  spawn(process.execPath, ['-e', 'setInterval(() => undefined, 60000)'], { stdio: 'ignore' });

const lives = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

function outwardAddress(): string | null {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? null;
}

/** Resolves with the port; 0 where there is none. */
function listen(servers: Server[], address: { port: number; host: string } | { path: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    servers.push(server);
    server.on('error', reject);
    server.listen(address, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : 0);
    });
  });
}
