import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '#policies';
import { detectTier } from '../../sandbox/isolation/detect.ts';
import type { ProbeFindings } from '../../sandbox/isolation/probe.ts';
import { findTool } from '../../sandbox/isolation/runtime-files.ts';
import {
  type SelfTestCheck,
  type SelfTestFailure,
  type SelfTestReport,
  type SpawnProbe,
  selfTest,
} from '../../sandbox/isolation/self-test.ts';
import {
  type IsolationCommand,
  type IsolationTier,
  isolationCommand,
  spawnIsolated,
  startCommand,
} from '../../sandbox/isolation/spawn.ts';

/** A busy machine is no failure. */
const PATIENT_MS = 150_000;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp('/dev/shm/sluice-isolation-');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const tiers: IsolationTier[] = ['namespaces'];
if (findTool('bwrap') !== null) tiers.push('bubblewrap');
else console.log('tier bubblewrap is not tested: bwrap is not installed on this machine');

describe.each(tiers)('tier %s', (tier) => {
  test('holds against the probe', async () => {
    const report = await selfTest(tier, dir, undefined, PATIENT_MS);
    expect(heldOf(report)).toEqual({
      'host-files': true,
      'host-writes': true,
      network: true,
      processes: true,
      environment: true,
      capabilities: true,
      memory: true,
    });
  });
});

test('control: without isolation the same probe gets through', async () => {
  const report = await selfTest('none', dir, undefined, PATIENT_MS);
  expect(heldOf(report)).toMatchObject({ 'host-files': false, 'host-writes': false, network: false, processes: false });
});

/** Each takes one brick out of the wall; the self-test must name the hole, and detection must refuse the tier. */
const inScript = (from: string, to: string) => (command: IsolationCommand) => ({
  ...command,
  args: command.args.map((arg) => arg.replaceAll(from, to)),
});
const SABOTAGE: [SelfTestCheck, (command: IsolationCommand) => IsolationCommand][] = [
  ['host-files', inScript('/usr/bin/umount -n -l /.host || exit 74', '/usr/bin/umount --version')],
  ['host-writes', inScript('bind,ro,', 'bind,')],
  ['network', (command) => ({ ...command, args: command.args.filter((arg) => arg !== '--net') })],
  ['processes', (command) => ({ ...command, args: command.args.filter((arg) => arg !== '--pid') })],
  ['environment', (command) => ({ ...command, env: { ...command.env, SLUICE_MASTER_KEY: 'canary' } })],
  ['capabilities', inScript('--bounding-set=-all --inh-caps=-all ', '')],
  ['memory', inScript('ulimit -d', 'ulimit -t 100 #')],
  // Without this file DuckDB's allocator evades RLIMIT_DATA.
  ['memory', inScript('/proc/sys/vm/overcommit_memory', '/proc/sys/vm/other')],
];

test.each(SABOTAGE)('a tier sabotaged in %s is refused', async (check, sabotage) => {
  const spawnProbe: SpawnProbe = (tier, spec) => {
    const command = isolationCommand(tier, spec);
    const changed = sabotage(command);
    expect(changed).not.toEqual(command); // the brick was there
    return startCommand(changed);
  };
  const report = await selfTest('namespaces', dir, spawnProbe, PATIENT_MS);
  expect(heldOf(report)?.[check]).toBe(false);
  const refusal = await detectTier('namespaces', false, dir, spawnProbe).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(AppError);
  expect(refusal).toMatchObject({ code: 'SANDBOX_UNAVAILABLE', facts: { tier: 'namespaces' } });
  expect(String((refusal as AppError).facts['failures'])).toContain(check);
});

test('a tier that does not start is refused, and the refusal says what to do', async () => {
  const spawnProbe: SpawnProbe = () => startCommand({ program: '/bin/false', args: [], env: {} });
  const refusal = await detectTier('auto', false, dir, spawnProbe).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
  const { facts } = refusal as AppError;
  expect(String(facts['failures'])).toContain('does not start');
  expect(String(facts['remedy']).length).toBeGreaterThan(20);
});

test('a self-test that does not finish is tried once more, and says nothing of the tier', async () => {
  let starts = 0;
  const spawnProbe: SpawnProbe = () => {
    starts += 1;
    return startCommand({ program: '/bin/sleep', args: ['60'], env: {} });
  };
  const refusal = await detectTier('auto', false, dir, spawnProbe, [20, 40]).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'SANDBOX_UNPROVEN', facts: { tier: tiers.at(-1), seconds: 1 } });
  expect(starts).toBe(2); // and no weaker tier is tried
  const late: SpawnProbe = (tier, spec) => (starts++ === 2 ? spawnProbe(tier, spec) : spawnIsolated(tier, spec));
  expect((await detectTier('namespaces', false, dir, late, [20, 60_000])).tier).toBe('namespaces');
});

test('no isolation only by name, and never in production', async () => {
  expect((await detectTier('none', false, dir)).tier).toBe('none');
  await expect(detectTier('none', true, dir)).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
  expect((await detectTier('auto', true, dir)).tier).not.toBe('none');
});

test('a worker’s file system holds the runtime and nothing else of the host', async () => {
  const given = ['/app/package.json', '/app/policies/levels.ts', '/app/node_modules/@duckdb/node-api/package.json'];
  const hidden = [
    ...['/bin/sh', '/bin/mount', '/etc/ld.so.cache', '/proc/self/status', '/sys/kernel/notes', '/dev/null'],
    ...['/app/README.md', '/app/.gitignore', '/app/vitest.config.ts', '/app/node_modules/zod/package.json'],
    ...['/app/gateway/main.ts', '/app/catalog/index.ts', `${process.cwd()}/package.json`],
  ];
  const spec = { entry: inRepository('sandbox/isolation/probe.ts'), mounts: [], dataMbMax: 1_024 };
  const child = spawnIsolated('namespaces', spec);
  child.send({ files: [...given, ...hidden], folders: [], port: 1, socketPath: '/x', parentPid: 2, dataFile: '/x' });
  const findings = await new Promise<ProbeFindings>((resolve) =>
    child.once('message', (m) => resolve(m as ProbeFindings)),
  );
  child.kill('SIGKILL');
  expect(findings.filesRead).toEqual(given);
});

test('a killed gateway takes its workers along, also one that computes', async () => {
  const owner = spawn(process.execPath, [inRepository('test/sandbox/doomed-owner.ts')], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const { runDir } = await new Promise<{ runDir: string }>((resolve) =>
    owner.once('message', (message) => resolve(message as { runDir: string })),
  );
  const family = await descendants(owner.pid ?? 0);
  expect(family.length).toBeGreaterThanOrEqual(4); // two pairs of launcher and worker
  owner.kill('SIGKILL');
  await expect.poll(() => family.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  await rm(runDir, { recursive: true, force: true });
});

function heldOf(report: SelfTestReport | SelfTestFailure): SelfTestReport['held'] | null {
  return typeof report === 'string' ? null : report.held;
}

function inRepository(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

async function descendants(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-e', '-o', 'pid=,ppid=']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.flatMap(([child, of]) => (of === parent && child !== undefined ? [child, ...below(child)] : []));
  return below(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
