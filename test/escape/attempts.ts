import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { networkInterfaces, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import type { Ground } from './ground.ts';

/**
 * What a worker could do that was taken over as a whole: any code, in its own process. Each attempt gives true where it got
 * out, and false or an error where not. Only built-in modules: nothing else is there.
 */
export interface Attempt {
  readonly name: string;
  readonly run: (ground: Ground) => boolean | Promise<boolean>;
  /** Why nothing is shown without isolation; otherwise the attempt must succeed there. */
  readonly noControl?: string;
  /** What the host must have for the attempt to succeed without isolation. */
  readonly needs?: 'root' | 'IPv6' | 'an address';
  /** A tier in which it succeeds and stays in the sandbox. */
  readonly staysIn?: 'bubblewrap';
}

const reads = (path: string, text: string): boolean => readFileSync(path, 'utf8').includes(text);
const lists = (path: string): boolean => readdirSync(path).length > 0;

function did(act: () => unknown): true {
  act();
  return true;
}

function writes(path: string): boolean {
  writeFileSync(path, 'x');
  unlinkSync(path);
  return true;
}

const FILES: readonly Attempt[] = [
  { name: 'read a file of the host', run: ({ canaryFile, canary }) => reads(canaryFile, canary) },
  { name: 'read it upwards from here', run: ({ canaryFile, canary }) => reads(`../../../../..${canaryFile}`, canary) },
  {
    name: 'read it beside the mount',
    run: ({ granted, canary }) => reads(join(granted, '..', '..', 'canary'), canary),
  },
  {
    name: 'read it through the old root',
    run: ({ canaryFile, canary }) => reads(`/.host${canaryFile}`, canary),
    noControl: 'the old root exists while a sandbox is built only',
  },
  {
    name: 'read it through its own root',
    run: ({ canaryFile, canary }) => reads(`/proc/self/root${canaryFile}`, canary),
  },
  {
    name: 'read it through the root of the gateway',
    run: ({ canaryFile, canary, parentPid }) => reads(`/proc/${parentPid}/root${canaryFile}`, canary),
  },
  { name: 'read the environment of the gateway', run: ({ parentPid }) => reads(`/proc/${parentPid}/environ`, 'PATH=') },
  { name: 'read the command of the gateway', run: ({ parentPid }) => reads(`/proc/${parentPid}/cmdline`, 'node') },
  { name: 'read the memory map of the gateway', run: ({ parentPid }) => reads(`/proc/${parentPid}/maps`, 'node') },
  { name: 'list the open files of the gateway', run: ({ parentPid }) => lists(`/proc/${parentPid}/fd`) },
  { name: 'see where its own files come from', run: () => reads('/proc/self/mountinfo', '/') },
  { name: 'see what is mounted at all', run: () => reads('/proc/mounts', '/') },
  { name: 'read who has an account', run: () => reads('/etc/passwd', 'root') },
  { name: 'read how the host is called', run: () => readFileSync('/etc/hostname', 'utf8').length > 0 },
  { name: 'read where names are looked up', run: () => readFileSync('/etc/resolv.conf', 'utf8').length >= 0 },
  { name: 'read the kernel’s own files', run: () => lists('/sys/kernel') },
  { name: 'open the random device', run: () => did(() => closeSync(openSync('/dev/urandom', 'r'))) },
  { name: 'list programs', run: () => lists('/usr/bin') },
  { name: 'list the folders of the host', run: ({ host }) => lists(host) },
  { name: 'list the home folder', needs: 'root', run: () => readdirSync('/root').length >= 0 },
  {
    name: 'go to a folder of the host',
    run: ({ host }) => did(() => process.chdir(host)) && did(() => process.chdir('/')),
  },
  { name: 'watch a folder of the host', run: ({ host }) => did(() => watch(host).close()) },
  { name: 'read the sources of the gateway', run: ({ gatewaySource }) => reads(gatewaySource, 'import') },
  { name: 'read a package that it is not given', run: ({ foreignPackage }) => reads(foreignPackage, 'name') },
  {
    name: 'make a hard link to a file of the host',
    run({ canaryFile, canary, writable }) {
      linkSync(canaryFile, join(writable, 'hard'));
      return reads(join(writable, 'hard'), canary);
    },
  },
  {
    name: 'make a symbolic link to a file of the host',
    run({ canaryFile, canary, writable }) {
      symlinkSync(canaryFile, join(writable, 'soft'));
      return reads(join(writable, 'soft'), canary);
    },
  },
  {
    name: 'move a file of the host into its own folder',
    run({ canaryFile, canary, writable }) {
      renameSync(canaryFile, join(writable, 'moved'));
      return reads(join(writable, 'moved'), canary);
    },
  },
  { name: 'learn the path of its own program', run: () => readlinkSync('/proc/self/exe').length > 0 },
];

const WRITES: readonly Attempt[] = [
  { name: 'write beside a file of the host', run: ({ host }) => writes(join(host, 'new')) },
  { name: 'write over a file of the host', run: ({ canaryFile }) => did(() => writeFileSync(canaryFile, 'x')) },
  { name: 'write into the root', needs: 'root', run: () => writes('/sluice-escape') },
  {
    name: 'make a folder in the root',
    needs: 'root',
    run: () => did(() => mkdirSync('/sluice-escape')) && did(() => rmdirSync('/sluice-escape')),
  },
  { name: 'write into /tmp', run: () => writes('/tmp/sluice-escape') },
  { name: 'write into /dev/shm', run: () => writes('/dev/shm/sluice-escape-file') },
  { name: 'write into /var/tmp', run: () => writes('/var/tmp/sluice-escape') },
  { name: 'write into the data that it is given', run: ({ granted }) => writes(join(granted, 'new')) },
  {
    name: 'change the data that it is given',
    run: ({ granted }) => did(() => appendFileSync(join(granted, 'table'), 'x')),
  },
  { name: 'cut the data that it is given', run: ({ granted }) => did(() => truncateSync(join(granted, 'table'))) },
  { name: 'remove the data that it is given', run: ({ granted }) => did(() => unlinkSync(join(granted, 'table'))) },
  { name: 'let others write to it', run: ({ granted }) => did(() => chmodSync(join(granted, 'table'), 0o666)) },
  {
    name: 'change the sources that it runs',
    run: () => did(() => closeSync(openSync(join(import.meta.dirname, 'attempts.ts'), 'r+'))),
  },
];

const CONNECT_MS = 1_000;

function reaches(route: { port: number; host: string } | { path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...route, timeout: CONNECT_MS });
    const end = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
    socket.on('timeout', () => end(false));
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}

const NETWORK: readonly Attempt[] = [
  { name: 'reach the gateway’s host over IPv4', run: ({ tcpPort: port }) => reaches({ port, host: '127.0.0.1' }) },
  { name: 'reach it over IPv6', needs: 'IPv6', run: ({ tcpPort: port }) => reaches({ port, host: '::1' }) },
  {
    name: 'reach it by its own address',
    needs: 'an address',
    run: ({ tcpPort: port, outwardAddress: host }) => host !== null && reaches({ port, host }),
  },
  { name: 'reach a socket that is a file', run: ({ unixSocket: path }) => reaches({ path }) },
  { name: 'reach a socket that no file system hides', run: ({ abstractSocket: path }) => reaches({ path }) },
  { name: 'listen where only the owner may', needs: 'root', run: () => listens(1) },
  {
    name: 'see the host’s network',
    needs: 'an address',
    run: () => Object.values(networkInterfaces()).some((list) => list?.some(({ internal }) => !internal)),
  },
];

/** What an exit by itself does not say: whether the program was there at all. */
const runs = (program: string, args: readonly string[]): boolean => {
  const { error, status } = spawnSync(program, args, { timeout: 5_000 });
  return error === undefined && status === 0;
};

/** Of DuckDB, which a worker may read. */
const LIBRARIES = join(
  dirname(createRequire(import.meta.url).resolve('@duckdb/node-api')),
  `../../node-bindings-${process.platform}-${process.arch}`,
);

const PROCESSES: readonly Attempt[] = [
  { name: 'signal the gateway', run: ({ parentPid }) => process.kill(parentPid, 0) },
  { name: 'kill a bystander', run: ({ bystanderPid }) => process.kill(bystanderPid, 'SIGKILL') },
  {
    name: 'see other processes',
    run: () => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length > 2,
  },
  { name: 'run a shell', run: () => runs('/bin/sh', ['-c', 'true']) },
  { name: 'run a program of the host', run: () => runs('/usr/bin/env', []) },
  { name: 'make namespaces of its own', run: () => runs('/usr/bin/unshare', ['--user', '--map-root-user', 'true']) },
  { name: 'go before all others', needs: 'root', run: () => did(() => setPriority(0, -20)) },
  {
    name: 'load a library that it has written',
    staysIn: 'bubblewrap',
    run({ writable }) {
      for (const file of ['duckdb.node', 'libduckdb.so']) copyFileSync(join(LIBRARIES, file), join(writable, file));
      return did(() => process.dlopen({ exports: {} }, join(writable, 'duckdb.node')));
    },
  },
  {
    name: 'run a program that it has written',
    staysIn: 'bubblewrap',
    run({ writable }) {
      const copy = join(writable, 'program');
      copyFileSync(process.execPath, copy);
      chmodSync(copy, 0o755);
      return runs(copy, ['--version']);
    },
  },
  {
    name: 'find secrets in its own environment',
    run: () =>
      Object.keys(process.env).some((name) => !/^(PATH|PWD|OLDPWD|SHLVL|_|LC_CTYPE|NODE_CHANNEL.*)$/.test(name)),
    noControl: 'the environment is empty in every tier',
  },
];

export const ATTEMPTS: readonly Attempt[] = [...FILES, ...WRITES, ...NETWORK, ...PROCESSES];
