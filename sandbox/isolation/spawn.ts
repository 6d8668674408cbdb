import { type ChildProcess, spawn } from 'node:child_process';
import { isAbsolute, relative } from 'node:path';
import { bubblewrapCommand } from './bubblewrap.ts';
import { namespacesCommand } from './namespaces.ts';
import { APP_ROOT, APP_ROOT_OUTSIDE, TOOL_PATH } from './runtime-files.ts';

/** How a worker process is kept apart from the host, strictest first. `none` only by name and never in production. */
export const ISOLATION_TIERS = ['bubblewrap', 'namespaces', 'none'] as const;
export type IsolationTier = (typeof ISOLATION_TIERS)[number];

/** A folder of the host that a worker may see, at `target`. */
export interface IsolationMount {
  readonly source: string;
  readonly target: string;
  readonly writable: boolean;
}

export interface IsolationSpec {
  /** Absolute path of a `.ts` file below `sandbox/`. */
  readonly entry: string;
  readonly mounts: readonly IsolationMount[];
  /** RLIMIT_DATA in MiB: allocation beyond it fails inside the worker. Ignored where the system has no such limit. */
  readonly dataMbMax: number;
}

export interface IsolationCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Written to file descriptor 4, then closed. */
  readonly descriptor4?: Uint8Array;
}

/**
 * Starts a Node process under a tier. Messages go over the IPC channel (`serialization: 'advanced'`); standard input,
 * output and error lead nowhere, because DuckDB can be made to print. The environment holds no variable of the caller.
 *
 * `kill('SIGKILL')` on the child ends the whole sandbox. The child dies with this process. A failure to build the
 * sandbox shows as an early `exit`; `detectTier` turns it into SANDBOX_UNAVAILABLE with a remedy before any use.
 */
export function spawnIsolated(tier: IsolationTier, spec: IsolationSpec): ChildProcess {
  return startCommand(isolationCommand(tier, spec));
}

/** The second half of `spawnIsolated`: tests sabotage the command in between. */
export function startCommand(command: IsolationCommand): ChildProcess {
  const descriptor4 = command.descriptor4;
  const child = spawn(command.program, [...command.args], {
    env: { ...command.env },
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc', ...(descriptor4 === undefined ? [] : (['pipe'] as const))],
    serialization: 'advanced',
    windowsHide: true,
  });
  const pipe = child.stdio[4];
  if (descriptor4 !== undefined && pipe !== null && pipe !== undefined && 'end' in pipe) {
    pipe.on('error', () => undefined); // the child died before reading; its exit says so
    pipe.end(descriptor4);
  }
  return child;
}

/** Where the worker finds a mount: at its target, or, in tier `none`, where it really is. */
export function pathInside(tier: IsolationTier, mount: IsolationMount): string {
  return tier === 'none' ? mount.source : mount.target;
}

export function isolationCommand(tier: IsolationTier, spec: IsolationSpec): IsolationCommand {
  switch (tier) {
    case 'bubblewrap':
      return bubblewrapCommand(spec, entryInside(spec.entry));
    case 'namespaces':
      return namespacesCommand(spec, entryInside(spec.entry));
    case 'none':
      return plainCommand(spec);
  }
}

function entryInside(entry: string): string {
  const path = relative(APP_ROOT_OUTSIDE, entry);
  if (path.startsWith('..') || isAbsolute(path)) throw new Error('the entry of a worker lies outside the repository');
  return `${APP_ROOT}/${path}`;
}

/** No isolation: only the memory cap, where a shell can set it. */
function plainCommand(spec: IsolationSpec): IsolationCommand {
  const env = { PATH: TOOL_PATH };
  if (process.platform !== 'linux') return { program: process.execPath, args: [spec.entry], env };
  const script = `ulimit -c 0; ulimit -d ${String(spec.dataMbMax * 1024)} && exec "$0" "$1"`;
  return { program: '/bin/sh', args: ['-c', script, process.execPath, spec.entry], env };
}
