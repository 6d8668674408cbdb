import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/**
 * Runs inside a tier and tries to get out; says what it could do. The self-test compares with what must not be possible.
 * Every attempt is real: nothing is inferred from how the sandbox was built.
 */
export interface ProbeTargets {
  /** Files of the host; the first is a canary that the parent wrote. */
  readonly files: readonly string[];
  /** Folders to write to: of the host, of the sandbox, and the read-only data folder. */
  readonly folders: readonly string[];
  readonly port: number;
  readonly socketPath: string;
  readonly parentPid: number;
  readonly dataFile: string;
  /** More than the cap leaves. */
  readonly allocateMb: number;
}

export interface ProbeFindings {
  readonly filesRead: readonly string[];
  readonly foldersWritten: readonly string[];
  readonly connected: readonly string[];
  readonly processesSeen: boolean;
  readonly environment: readonly string[];
  readonly privileged: boolean;
  /** By node or by the engine, whose allocator asks the system in another way. */
  readonly allocated: boolean;
  /** The control: what a worker is given must be readable, or the probe proves nothing. */
  readonly dataRead: boolean;
}

const CONNECT_MS_MAX = 5_000;

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (targets) => {
  void probe(targets as ProbeTargets).then((findings) => process.send?.(findings));
});

async function probe(targets: ProbeTargets): Promise<ProbeFindings> {
  const routes = [
    { port: targets.port, host: '127.0.0.1' },
    { port: targets.port, host: '::1' },
    { path: targets.socketPath },
  ];
  const connected: string[] = [];
  for (const route of routes) if (await connects(route)) connected.push(JSON.stringify(route));
  return {
    filesRead: targets.files.filter((file) => succeeds(() => readFileSync(file))),
    foldersWritten: targets.folders.filter((folder) => succeeds(() => writeAndRemove(join(folder, '.probe')))),
    connected,
    processesSeen: seesOthers(targets.parentPid),
    environment: Object.keys(process.env),
    privileged: await listens(1),
    allocated:
      succeeds(() => Buffer.alloc(targets.allocateMb * 1024 * 1024)) || (await engineAllocates(targets.allocateMb)),
    dataRead: succeeds(() => readFileSync(targets.dataFile)),
  };
}

function writeAndRemove(path: string): void {
  writeFileSync(path, 'x');
  rmSync(path);
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

/** Refused at once where there is no way. True also where nothing came back: then nothing is known. */
function connects(route: { port: number; host: string } | { path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...route, timeout: CONNECT_MS_MAX });
    const end = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
    socket.on('timeout', () => end(true));
  });
}

/** A port below 1024 needs CAP_NET_BIND_SERVICE, even in a network of one's own. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}

/** True also when the engine does anything but refuse for want of memory: then nothing is known. */
async function engineAllocates(mb: number): Promise<boolean> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await connection.run(`SELECT length(repeat('x', ${String(mb * 1_000_000)} + i::INT)) FROM range(1) t(i)`);
    return true;
  } catch (cause) {
    return !(cause instanceof Error && cause.message.startsWith('Out of Memory'));
  }
}

/** By signal 0 to the parent, and by listing /proc. */
function seesOthers(parentPid: number): boolean {
  const signalled = succeeds(() => process.kill(parentPid, 0));
  const listed = succeeds(() => {
    if (readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length <= 1) throw new Error('alone');
  });
  return signalled || listed;
}
