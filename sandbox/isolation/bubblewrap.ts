import { dirname } from 'node:path';
import { APP_ROOT, findTool, NODE_INSIDE, OVERCOMMIT_INSIDE, runtimeFiles, TOOL_PATH } from './runtime-files.ts';
import { seccompFilter } from './seccomp.ts';
import type { IsolationCommand, IsolationSpec } from './spawn.ts';

/**
 * Tier `bubblewrap`: the same empty root and read-only binds as tier `namespaces`, built by `bwrap`, with a seccomp
 * deny list on top.
 *
 * WHY no `--clearenv`: it leaves the caller's variables readable in /proc/1/environ. The environment is already minimal
 * when bwrap itself starts, and no procfs is mounted.
 */
export function bubblewrapCommand(spec: IsolationSpec, entryInside: string): IsolationCommand {
  const bwrap = findTool('bwrap');
  if (bwrap === null) throw new Error('bwrap is not installed');
  const filter = seccompFilter(process.arch);
  const script = `ulimit -c 0 && ulimit -d ${String(spec.dataMbMax * 1024)} && exec "$0" "$@"`;
  const args = [
    ...['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...bindArguments(spec),
    ...['--remount-ro', '/', '--chdir', '/'],
    ...(filter === null ? [] : ['--seccomp', '4']),
    ...['--', NODE_INSIDE, entryInside],
  ];
  return {
    program: '/bin/sh',
    args: ['-c', script, bwrap, ...args],
    env: { PATH: TOOL_PATH },
    ...(filter === null ? {} : { descriptor4: filter }),
  };
}

function bindArguments(spec: IsolationSpec): readonly string[] {
  const runtime = runtimeFiles();
  const binds = [
    ...runtime.libraries.map((path) => ({ source: path, target: path, writable: false })),
    { source: runtime.node, target: NODE_INSIDE, writable: false },
    { source: runtime.overcommit, target: OVERCOMMIT_INSIDE, writable: false },
    ...runtime.app.map(({ source, target }) => ({ source, target: APP_ROOT + target, writable: false })),
    ...spec.mounts,
  ];
  const folders = [...new Set(binds.map((bind) => dirname(bind.target)))].filter((folder) => folder !== '/');
  return [
    ...folders.flatMap((folder) => ['--dir', folder]),
    ...binds.flatMap(({ source, target, writable }) => [writable ? '--bind' : '--ro-bind', source, target]),
  ];
}
