import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OLD_ROOT } from './namespaces.ts';
import type { ProbeFindings, ProbeTargets } from './probe.ts';
import { APP_ROOT, APP_ROOT_OUTSIDE } from './runtime-files.ts';
import { type IsolationSpec, type IsolationTier, pathInside, spawnIsolated } from './spawn.ts';

/** What must not be possible inside a tier, in the order of the report. */
export const SELF_TEST_CHECKS = [
  'host-files',
  'host-writes',
  'network',
  'processes',
  'environment',
  'capabilities',
  'memory',
] as const;
export type SelfTestCheck = (typeof SELF_TEST_CHECKS)[number];

export interface SelfTestReport {
  readonly tier: IsolationTier;
  /** False: the probe could do it. */
  readonly held: Readonly<Record<SelfTestCheck, boolean>>;
  readonly ms: number;
}

/**
 * `not-started`: the tier does not start, or its worker cannot read what it is given. `late`: the probe lives and has not answered by
 * its deadline, which says nothing of the tier.
 */
export type SelfTestFailure = 'not-started' | 'late';

/** How the probe is started: tests put a sabotaged tier here. */
export type SpawnProbe = (tier: IsolationTier, spec: IsolationSpec) => ReturnType<typeof spawnIsolated>;

const PROBE_ENTRY = fileURLToPath(new URL('./probe.ts', import.meta.url));
const DATA_INSIDE = '/data';
/** Variables that a shell sets by itself, and node's own for the channel. */
const ENVIRONMENT_ALLOWED = new Set(['PATH', 'PWD', 'OLDPWD', 'SHLVL', '_', 'LC_CTYPE']);
/** Node and DuckDB together have 650 MiB of address space before they do anything. */
const PROBE_DATA_MB = 1_024;
const PROBE_ALLOCATE_MB = 800;

/** Plants a canary file, a listening port and a listening socket, and lets a probe inside the tier try to reach them. */
export async function selfTest(
  tier: IsolationTier,
  scratchDir: string,
  spawnProbe: SpawnProbe = spawnIsolated,
  deadlineMs = 15_000,
): Promise<SelfTestReport | SelfTestFailure> {
  const startedAt = performance.now();
  const dir = join(scratchDir, `self-test-${randomBytes(6).toString('hex')}`);
  await mkdir(join(dir, 'data'), { recursive: true, mode: 0o700 });
  const servers: Server[] = [];
  try {
    await writeFile(join(dir, 'canary'), 'canary');
    await writeFile(join(dir, 'data', 'granted'), 'granted');
    // An abstract socket: no file system hides it, only a network namespace does.
    const socketPath = `\0sluice-self-test-${randomBytes(6).toString('hex')}`;
    const port = await listen(servers, { port: 0, host: '127.0.0.1' });
    await listen(servers, { path: socketPath });
    const mount = { source: join(dir, 'data'), target: DATA_INSIDE, writable: false };
    const data = pathInside(tier, mount);
    const targets: ProbeTargets = {
      files: [join(dir, 'canary'), '/etc/passwd', '/etc/hostname', '/proc/1/environ', OLD_ROOT + join(dir, 'canary')],
      folders: [
        data,
        dir,
        '/',
        '/tmp',
        tmpdir(),
        '/dev/shm',
        '/var/tmp',
        homedir(),
        `${APP_ROOT}/sandbox`,
        APP_ROOT_OUTSIDE,
      ],
      port: port ?? 0,
      socketPath,
      parentPid: process.pid,
      dataFile: join(data, 'granted'),
      allocateMb: PROBE_ALLOCATE_MB,
    };
    const spec = { entry: PROBE_ENTRY, mounts: [mount], dataMbMax: PROBE_DATA_MB };
    const findings = await askProbe(spawnProbe(tier, spec), targets, deadlineMs);
    if (typeof findings === 'string') return findings;
    if (!findings.dataRead) return 'not-started';
    return { tier, held: judge(findings), ms: Math.round(performance.now() - startedAt) };
  } catch {
    return 'not-started'; // a tier that cannot even be tried is a tier that does not hold
  } finally {
    for (const server of servers) server.close();
    await rm(dir, { recursive: true, force: true });
  }
}

export function heldEverywhere(report: SelfTestReport): boolean {
  return SELF_TEST_CHECKS.every((check) => report.held[check]);
}

function judge(findings: ProbeFindings): SelfTestReport['held'] {
  return {
    'host-files': findings.filesRead.length === 0,
    'host-writes': findings.foldersWritten.length === 0,
    network: findings.connected.length === 0,
    processes: !findings.processesSeen,
    environment: findings.environment.every((name) => ENVIRONMENT_ALLOWED.has(name)),
    capabilities: !findings.privileged,
    memory: !findings.allocated,
  };
}

function askProbe(
  child: ReturnType<SpawnProbe>,
  targets: ProbeTargets,
  deadlineMs: number,
): Promise<ProbeFindings | SelfTestFailure> {
  return new Promise((resolve) => {
    const end = (findings: ProbeFindings | SelfTestFailure) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(findings);
    };
    const timer = setTimeout(() => end('late'), deadlineMs);
    child.on('message', (message) => end(message as ProbeFindings));
    child.on('exit', () => end('not-started'));
    child.on('error', () => end('not-started'));
    child.send(targets, () => undefined); // a failed send shows as the exit
  });
}

/** Resolves with the port, when it has one. */
function listen(servers: Server[], address: { port: number; host: string } | { path: string }): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    servers.push(server);
    server.on('error', reject);
    server.listen(address, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : null);
    });
  });
}
