import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What a worker needs of the host, file by file: the node binary, the shared libraries it maps, DuckDB's own packages
 * and the source of `sandbox` and `policies`. Nothing else of the host is in a worker's file system.
 */
export interface RuntimeFiles {
  readonly node: string;
  readonly libraries: readonly string[];
  /** Lies at `/proc/sys/vm/overcommit_memory`, the only file of /proc: see `OVERCOMMIT_INSIDE`. */
  readonly overcommit: string;
  /** Bound at `APP_ROOT` + `target`. */
  readonly app: readonly { readonly source: string; readonly target: string }[];
}

/** The repository root as a worker sees it. */
export const APP_ROOT = '/app';
export const NODE_INSIDE = '/bin/node';
/**
 * WHY: where jemalloc (DuckDB's allocator) cannot read this file, it reserves memory first and maps over the reservation
 * later, and the kernel does not count such a mapping against RLIMIT_DATA: the cap would not hold.
 */
export const OVERCOMMIT_INSIDE = '/proc/sys/vm/overcommit_memory';
export const APP_ROOT_OUTSIDE = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const TOOL_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin', '/run/current-system/sw/bin'];
export const TOOL_PATH = TOOL_FOLDERS.join(delimiter);

let found: RuntimeFiles | null = null;

/** Looked up once a process. */
export function runtimeFiles(): RuntimeFiles {
  found ??= Object.freeze({
    node: process.execPath,
    libraries: sharedObjectsOfThisProcess(),
    overcommit: fileURLToPath(new URL('./overcommit_memory', import.meta.url)),
    app: appFolders(),
  });
  return found;
}

/** Absolute path of a system tool, or null. The caller's own PATH is not asked: it may name anything. */
export function findTool(name: string): string | null {
  return TOOL_FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/**
 * The shared libraries that a program maps. Empty for a static program.
 * WHY through the loader by name: `mount` and `umount` are setuid, and the loader answers no questions inside those.
 */
export function librariesOf(program: string): readonly string[] {
  const loader = runtimeFiles().libraries.find((path) => /\/ld[-6]/.test(path));
  if (loader === undefined) return [];
  const { stdout } = spawnSync(loader, ['--list', program], { env: {}, encoding: 'utf8' });
  return [...stdout.matchAll(/(?:=> |^\s*)(\/\S+)/gm)]
    .map((match) => match[1] ?? '')
    .filter((path) => existsSync(path));
}

function appFolders(): RuntimeFiles['app'] {
  const duckdb = dirname(dirname(dirname(createRequire(import.meta.url).resolve('@duckdb/node-api'))));
  return [
    { source: join(APP_ROOT_OUTSIDE, 'sandbox'), target: '/sandbox' },
    { source: join(APP_ROOT_OUTSIDE, 'policies'), target: '/policies' },
    { source: join(APP_ROOT_OUTSIDE, 'package.json'), target: '/package.json' },
    { source: duckdb, target: '/node_modules/@duckdb' },
  ];
}

/** WHY the report: it lists what the loader really mapped, on any distribution, without running `ldd`. */
function sharedObjectsOfThisProcess(): readonly string[] {
  if (process.platform !== 'linux') return [];
  Object.assign(process.report, { excludeNetwork: true }); // newer than its type; spares a look-up of every interface
  const report = process.report.getReport() as { sharedObjects?: readonly string[] };
  const system = /\/(ld-|ld64|lib(c|m|dl|pthread|rt|stdc\+\+|gcc_s|atomic|resolv)[.-])/;
  return (report.sharedObjects ?? []).filter((path) => path.startsWith('/') && system.test(path) && existsSync(path));
}
