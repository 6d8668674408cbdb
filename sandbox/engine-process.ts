import { constants } from 'node:fs';
import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError, assert, type EmittedSql, type TableData } from '#policies/stored-tables';
import type { GrantedView, PrintView, ScratchTable, ViewSegment } from './engines/engine.ts';
import { type IsolationMount, type IsolationTier, pathInside, spawnIsolated } from './isolation/spawn.ts';
import { readWorkerReply, type WorkerReply, type WorkerRequest } from './protocol.ts';
import type { SandboxEvent } from './sandbox-event.ts';
import type { AttachedVersion, Vault } from './vault/index.ts';
import { openChannel, WorkerGone } from './worker-channel.ts';
import { RESERVE_MB } from './worker-reserve.ts';

/** A table version, cut down to the columns that a job may read. */
export interface JobTable {
  readonly resource: string;
  readonly version: number;
  readonly columns: readonly string[];
  /** What is read of prints beside the rows. Default none. */
  readonly prints?: readonly PrintView[];
}

export interface EngineProcessOptions {
  readonly tier: IsolationTier;
  readonly vault: Pick<Vault, 'attach'>;
  /** A folder of its own, on the same tmpfs as the vault's; made here, removed at the end. */
  readonly dir: string;
  readonly engineThreads: number;
  readonly memoryMbMax: number;
  readonly log: (event: SandboxEvent) => void;
}

/**
 * One query worker and what it was given. Calls are made one after the other. Every failure is an AppError
 * (SANDBOX_MEMORY, SANDBOX_FAILED, or the vault's own), except while stopping, when nobody listens any more.
 */
export interface EngineProcess {
  readonly ready: Promise<void>;
  /** Resolves when a process that was ready has ended; never rejects. */
  readonly ended: Promise<void>;
  readonly pid: number | null;
  readonly isGone: () => boolean;
  /** True after a failure that leaves the engine in doubt: use it no more. */
  readonly isSpent: () => boolean;
  readonly holdsGrant: (key: string) => boolean;
  readonly holdsVersion: (resource: string, version: number) => boolean;
  readonly holdsResource: (resource: string) => boolean;
  query(granted: readonly JobTable[], tables: readonly ScratchTable[], sql: EmittedSql): Promise<TableData>;
  finish(tables: readonly ScratchTable[], sql: EmittedSql): Promise<TableData>;
  /** Interrupts the running call, and kills the worker when that has not helped within a second. */
  stop(): void;
  /** Kills the worker, removes its files, lets go of the vault's. */
  dispose(): Promise<void>;
}

/** One entry for each version, with every column that any entry names; sorted, so that equal grants look equal. */
export function mergeTables(tables: readonly JobTable[]): readonly JobTable[] {
  const versions = Map.groupBy(tables, ({ resource, version }) => JSON.stringify([resource, version]));
  return [...versions.keys()].sort().map((key) => {
    const entries = versions.get(key)!;
    const { resource, version } = entries[0]!;
    const prints = Map.groupBy(
      entries.flatMap((entry) => entry.prints ?? []),
      ({ table }) => table,
    );
    return {
      ...{ resource, version, columns: allColumns(entries) },
      prints: [...prints.keys()].sort().map((table) => ({ table, columns: allColumns(prints.get(table)!) })),
    };
  });
}

const allColumns = (entries: readonly { readonly columns: readonly string[] }[]): readonly string[] =>
  [...new Set(entries.flatMap(({ columns }) => columns))].sort();

/** The same key for the same versions and columns. `tables` are merged. */
export function grantKeyOf(tables: readonly JobTable[]): string {
  return JSON.stringify(tables.map(({ resource, version, columns, prints }) => [resource, version, columns, prints]));
}

const WORKER_ENTRY = fileURLToPath(new URL('./worker.ts', import.meta.url));
const DATA_INSIDE = '/data';
/** Grants that a worker keeps open for its analyst: a change between a few costs nothing. */
const GRANTS_MAX = 8;
/** From the interrupt to SIGKILL. */
const KILL_AFTER_MS = 1_000;
/**
 * Private address space that an idle worker has without using it: V8 reserves 510 MiB for code, threads their stacks.
 * Measured 575–650 MiB; RLIMIT_DATA counts it, so it comes on top of what a job may take.
 */
const RUNTIME_DATA_MB = 680;
const THREAD_DATA_MB = 10;
/** DuckDB's own limit below the cap, so that most queries fail by its clean error and not by the allocator's. */
const ENGINE_SHARE = 0.8;

interface Grant {
  readonly id: number;
  readonly key: string;
  readonly files: readonly string[];
  readonly attached: readonly AttachedVersion[];
}

export function startEngineProcess(options: EngineProcessOptions): EngineProcess {
  const mount: IsolationMount = { source: options.dir, target: DATA_INSIDE, writable: false };
  const grants = new Map<string, Grant>();
  let channel: ReturnType<typeof openChannel<WorkerRequest, WorkerReply>> | null = null;
  let spent = false;
  let disposed = false;
  let sequence = 0;
  let killTimer: NodeJS.Timeout | null = null;
  let running: Promise<unknown> = Promise.resolve();
  let stopped = false;

  const start = async () => {
    await mkdir(options.dir, { recursive: true, mode: 0o700 });
    if (disposed) throw new WorkerGone();
    const dataMbMax = options.memoryMbMax + RUNTIME_DATA_MB + RESERVE_MB + THREAD_DATA_MB * options.engineThreads;
    channel = openChannel(
      spawnIsolated(options.tier, { entry: WORKER_ENTRY, mounts: [mount], dataMbMax }),
      readWorkerReply,
    );
    const memoryMb = Math.floor(options.memoryMbMax * ENGINE_SHARE);
    channel.tell({ kind: 'open', threads: options.engineThreads, memoryMb });
    await channel.ready;
  };
  const ready = start();
  ready.catch(() => undefined); // the pool awaits it
  const ended = ready.then(
    () => channel?.ended,
    () => new Promise<never>(() => undefined), // a failed start is told by `ready`
  );

  const isGone = () => disposed || channel?.isGone() === true;

  async function ask(message: WorkerRequest & { readonly id: number }): Promise<TableData | null> {
    assert(channel !== null, 'a worker is asked once it is ready');
    if (stopped) throw new AppError('SANDBOX_FAILED'); // nobody listens: do not begin the call's next step
    const reply = await channel.request(message).catch((cause: unknown) => {
      throw new AppError('SANDBOX_FAILED', {}, null, cause);
    });
    if (reply.kind === 'reply') return reply.table;
    // WHY spent: after a refused statement (such as one that tampers with logging) DuckDB may not be whole.
    spent ||= reply.kind === 'failure' && reply.failure !== 'timeout';
    const memory = reply.kind === 'failure' && reply.failure === 'memory';
    throw memory ? new AppError('SANDBOX_MEMORY', { limitMb: options.memoryMbMax }) : new AppError('SANDBOX_FAILED');
  }

  async function askTable(message: WorkerRequest & { readonly id: number }): Promise<TableData> {
    const table = await ask(message);
    if (table !== null) return table;
    channel?.kill();
    throw new AppError('SANDBOX_FAILED');
  }

  /** One call of the session: a few requests in order, under one stop. */
  function call(work: () => Promise<TableData>): Promise<TableData> {
    stopped = false;
    const result = work().finally(() => {
      if (killTimer !== null) clearTimeout(killTimer);
      killTimer = null;
    });
    running = result;
    return result;
  }

  async function openGrant(tables: readonly JobTable[]): Promise<Grant> {
    const key = grantKeyOf(tables);
    const known = grants.get(key);
    if (known !== undefined) {
      grants.delete(key);
      grants.set(key, known); // most recently used last
      return known;
    }
    const oldest = grants.size >= GRANTS_MAX ? grants.values().next().value : undefined;
    if (oldest !== undefined) {
      await ask({ kind: 'revoke', id: ++sequence, grant: oldest.id });
      grants.delete(oldest.key);
      await letGo(oldest, options);
    }
    const { grant, views } = await layOut(++sequence, key, tables, options);
    try {
      await ask({ kind: 'grant', id: ++sequence, grant: grant.id, views: views(mount, options.tier) });
    } catch (cause) {
      await letGo(grant, options);
      throw cause;
    }
    // INVARIANT: kept only once the worker has it, so that a call stopped in between leaves nothing half open.
    grants.set(key, grant);
    return grant;
  }

  return {
    ready,
    ended,
    get pid() {
      return channel?.pid ?? null;
    },
    isGone,
    isSpent: () => spent,
    holdsGrant: (key) => grants.has(key),
    holdsVersion: (resource, version) =>
      [...grants.values()].some(({ attached }) =>
        attached.some((a) => a.resource === resource && a.version === version),
      ),
    holdsResource: (resource) =>
      [...grants.values()].some(({ attached }) => attached.some((a) => a.resource === resource)),
    query: (granted, tables, sql) =>
      call(async () => {
        const grant = await openGrant(granted);
        return askTable({ kind: 'query', id: ++sequence, grant: grant.id, tables, sql });
      }),
    finish: (tables, sql) => call(() => askTable({ kind: 'finish', id: ++sequence, tables, sql })),
    stop() {
      stopped = true;
      channel?.tell({ kind: 'interrupt' });
      killTimer ??= setTimeout(() => channel?.kill(), KILL_AFTER_MS);
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      channel?.kill();
      await Promise.allSettled([ready, channel?.ended, running]); // a running call may still be laying out files
      await rm(options.dir, { recursive: true, force: true }).catch(() => options.log({ kind: 'copy-left' }));
      for (const grant of grants.values()) await letGo(grant, options);
      grants.clear();
    },
  };
}

/** Attaches the versions and puts their files, by hard link, where the worker sees them. */
async function layOut(id: number, key: string, tables: readonly JobTable[], options: EngineProcessOptions) {
  const attached: AttachedVersion[] = [];
  const files: string[] = [];
  const placed: { table: JobTable; segments: ViewSegment[] }[] = [];
  const place = async (source: string, name: string): Promise<string> => {
    const target = join(options.dir, name);
    files.push(target);
    await linkOrCopy(source, target);
    return name;
  };
  try {
    for (const [index, table] of tables.entries()) {
      const version = await options.vault.attach(table.resource, table.version);
      attached.push(version);
      const segments: ViewSegment[] = [];
      for (const [segment, source] of version.files.entries()) {
        const name = `${String(id)}-${String(index)}-${String(segment)}`;
        const ranks = version.rankFiles[segment] ?? null;
        segments.push({
          file: await place(source, `${name}.duckdb`),
          ranks: ranks && (await place(ranks, `${name}-ranks.duckdb`)),
        });
      }
      placed.push({ table, segments });
    }
  } catch (cause) {
    await letGo({ id, key, files, attached }, options);
    throw cause;
  }
  const views = (mount: IsolationMount, tier: IsolationTier): GrantedView[] => {
    const inside = (name: string) => join(pathInside(tier, mount), name);
    return placed.map(({ table, segments }) => ({
      name: `${table.resource}@${String(table.version)}`,
      columns: table.columns,
      prints: table.prints ?? [],
      segments: segments.map(({ file, ranks }) => ({ file: inside(file), ranks: ranks && inside(ranks) })),
    }));
  };
  return { grant: { id, key, files, attached }, views };
}

/** Never rejects. SAD PATH: what cannot be removed now is removed with the folder of the worker, or of the vault when that is closed. */
async function letGo({ files, attached }: Grant, { log }: Pick<EngineProcessOptions, 'log'>): Promise<void> {
  const removed = await Promise.allSettled(files.map((file) => rm(file, { force: true })));
  const released = await Promise.allSettled(attached.map((version) => version.release()));
  if ([...removed, ...released].some(({ status }) => status === 'rejected')) log({ kind: 'copy-left' });
}

/** A link shares the memory of the vault's copy; another file system (tier `none` on a laptop) needs a copy. */
async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EXDEV') throw cause;
    await copyFile(source, target, constants.COPYFILE_EXCL);
  }
}
