import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  APP_ROOT,
  findTool,
  librariesOf,
  NODE_INSIDE,
  OVERCOMMIT_INSIDE,
  runtimeFiles,
  TOOL_PATH,
} from './runtime-files.ts';
import type { IsolationCommand, IsolationMount, IsolationSpec } from './spawn.ts';

/**
 * Tier `namespaces`: util-linux only, as root or as an ordinary user.
 *
 * `unshare` gives new user, network, IPC, UTS, PID and mount namespaces. A short shell script then builds a root file
 * system of its own on a small tmpfs, binds into it, read-only, exactly the files of `runtimeFiles()` and the spec's
 * mounts, makes it the root, and detaches the host's. There is no procfs, /sys, /dev, /etc or /tmp inside: DuckDB and
 * Node need none of them, and what is not there cannot be misused. `setpriv` drops every capability before node starts.
 */
export function namespacesCommand(spec: IsolationSpec, entryInside: string): IsolationCommand {
  const tools = namespaceTools();
  const script = rootScript(spec.mounts, spec.dataMbMax, tools);
  return {
    program: tools.setpriv,
    args: [
      // The gateway's own death ends the worker, even one that is deep in a native call.
      ...['--pdeathsig', 'SIGKILL', tools.unshare, '--user', '--map-root-user', '--net', '--ipc', '--uts', '--pid'],
      ...['--mount', '--fork', '--kill-child', tools.sh, '-c', script, 'worker', entryInside],
    ],
    env: { PATH: TOOL_PATH },
  };
}

export interface NamespaceTools {
  readonly unshare: string;
  readonly setpriv: string;
  readonly umount: string;
  readonly sh: string;
  readonly setprivLibraries: readonly string[];
  readonly umountLibraryFolders: readonly string[];
}

const TOOLS_NEEDED = ['unshare', 'setpriv', 'mount', 'umount', 'pivot_root', 'sh'] as const;

/** Programs of util-linux that are not on this machine. */
export function namespaceToolsMissing(): readonly string[] {
  return TOOLS_NEEDED.filter((name) => findTool(name) === null);
}

let toolsFound: NamespaceTools | null = null;

function namespaceTools(): NamespaceTools {
  toolsFound ??= lookUpTools();
  return toolsFound;
}

function lookUpTools(): NamespaceTools {
  const [unshare, setpriv, umount, sh] = [toolAt('unshare'), toolAt('setpriv'), toolAt('umount'), toolAt('sh')];
  const umountLibraryFolders = [...new Set(librariesOf(umount).map((path) => dirname(path)))];
  return { unshare, setpriv, umount, sh, setprivLibraries: librariesOf(setpriv), umountLibraryFolders };
}

function toolAt(name: (typeof TOOLS_NEEDED)[number]): string {
  const path = findTool(name);
  if (path === null) throw new Error(`${name} of util-linux is not installed`);
  return path;
}

const SETPRIV_INSIDE = '/bin/setpriv';
/** Where the host's root is for the moment before it is detached. */
export const OLD_ROOT = '/.host';

/** Exit codes by which the self-test names the step that failed. */
export const SCRIPT_STEPS: Readonly<Record<number, string>> = Object.freeze({
  71: 'mount a tmpfs in a new mount namespace',
  72: 'bind the runtime read-only',
  73: 'change the root',
  74: 'detach the host file system',
});

function rootScript(mounts: readonly IsolationMount[], dataMbMax: number, tools: NamespaceTools): string {
  const binds = bindsOf(mounts, tools);
  const root = mountPointOutside(binds.map((bind) => bind.source));
  const folders = new Set([OLD_ROOT, ...binds.map((bind) => (bind.folder ? bind.target : dirname(bind.target)))]);
  const files = binds.filter((bind) => !bind.folder).map((bind) => bind.target);
  const fstab = binds.map((bind) => fstabLine(bind, root)).join('');
  const libraryPath = tools.umountLibraryFolders.map((folder) => OLD_ROOT + folder).join(':');
  return [
    `mount -t tmpfs -o size=1m,mode=755,nosuid,nodev tmpfs ${root} && cd ${root} || exit 71`,
    `mkdir -p ${[...folders].map((folder) => quote(`.${folder}`)).join(' ')} || exit 72`,
    ...files.map((file) => `: > ${quote(`.${file}`)} || exit 72`),
    `printf %s ${quote(fstab)} > .fstab && mount -a -T .fstab && : > .fstab || exit 72`,
    // WHY: a nested user namespace would hand capabilities back. Best effort: /proc/sys is read-only in some containers.
    '{ echo 0 > /proc/sys/user/max_user_namespaces; } 2>/dev/null || :',
    // umount reads /proc/self/mountinfo; the link dangles as soon as the host is detached.
    `ln -s ${OLD_ROOT}/proc/self proc/self && mount -o remount,bind,ro,nosuid,nodev ${root} || exit 72`,
    `ulimit -c 0 && ulimit -d ${String(dataMbMax * 1024)} || exit 73`,
    `cd ${root} && pivot_root . .${OLD_ROOT} && cd / || exit 73`,
    `LD_LIBRARY_PATH=${libraryPath} ${OLD_ROOT}${tools.umount} -n -l ${OLD_ROOT} || exit 74`,
    `exec ${SETPRIV_INSIDE} --no-new-privs --bounding-set=-all --inh-caps=-all -- ${NODE_INSIDE} "$1"`,
  ].join('\n');
}

interface Bind {
  readonly source: string;
  readonly target: string;
  readonly folder: boolean;
  readonly options: string;
}

/**
 * WHY the option lists: in a user namespace a bind mount cannot drop nosuid, nodev or noexec of its source, so each bind
 * asks for all that it can live with. `noexec` on everything but programs and libraries.
 */
function bindsOf(mounts: readonly IsolationMount[], tools: NamespaceTools): readonly Bind[] {
  const runtime = runtimeFiles();
  const code = 'bind,ro,nosuid,nodev';
  const libraries = [...new Set([...runtime.libraries, ...tools.setprivLibraries])];
  return [
    ...libraries.map((path) => ({ source: path, target: path, folder: false, options: code })),
    { source: runtime.node, target: NODE_INSIDE, folder: false, options: code },
    { source: runtime.overcommit, target: OVERCOMMIT_INSIDE, folder: false, options: `${code},noexec` },
    { source: tools.setpriv, target: SETPRIV_INSIDE, folder: false, options: code },
    ...runtime.app.map(({ source, target }) => ({
      source,
      target: APP_ROOT + target,
      folder: !target.endsWith('.json'),
      options: target.startsWith('/node_modules') ? code : `${code},noexec`,
    })),
    ...mounts.map(({ source, target, writable }) => ({
      source,
      target,
      folder: true,
      options: `bind,${writable ? 'rw' : 'ro'},nosuid,nodev,noexec`,
    })),
  ];
}

/** A folder of the host to cover with the new root: one that no source lies in. */
function mountPointOutside(sources: readonly string[]): string {
  const free = ['/sys', '/mnt', '/srv', '/media', '/opt', '/boot'].find(
    (folder) => existsSync(folder) && sources.every((source) => !`${source}/`.startsWith(`${folder}/`)),
  );
  if (free === undefined) throw new Error('no folder is free to build a root file system on');
  return free;
}

function fstabLine(bind: Bind, root: string): string {
  return `${fstabPath(bind.source)} ${fstabPath(root + bind.target)} none ${bind.options} 0 0\n`;
}

/** White space and backslashes as octal, see fstab(5). */
function fstabPath(path: string): string {
  return path.replace(/[\s\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
