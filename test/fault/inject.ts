/**
 * Loaded into a gateway's process before anything else (`node --import`), and only there: replaces what the gateway calls of the
 * platform by the same thing that fails once, when it is told to. The product has no hooks for it.
 */
import { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import files, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { BroadcastChannel, getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { tellLie } from './answer-lies.ts';
import type { FileCall, Order, Seam } from './steps.ts';

type Failure = Extract<Order, { kind: 'fail' }>;
type Call = (this: never, ...args: never[]) => unknown;
const callOn = (call: Call, self: unknown, args: readonly unknown[]): unknown => Reflect.apply(call, self, args);

let failure: { readonly order: Failure; left: number } | null = null;
let lie: { readonly order: Extract<Order, { kind: 'lie' }>; left: number } | null = null;

function take(order: Order): void {
  if (order.kind === 'fail') failure = { order, left: order.nth };
  else if (order.kind === 'lie') lie = { order, left: order.nth };
  else jumpClock(order.jumpMs);
}

/** Threads load this file as well; an order reaches those that run, and those that are started later. */
const [THREADS, KEPT] = ['faults', 'fault order'];
const threads = new BroadcastChannel(THREADS) as BroadcastChannel & { unref(): void };
threads.unref();
const fired = (): void => (isMainThread ? firedHere() : threads.postMessage('fired'));
function firedHere(): void {
  setEnvironmentData(KEPT, undefined);
  process.send?.('fired');
}

if (isMainThread) {
  process.on('message', (order: Order) => {
    take(order);
    setEnvironmentData(KEPT, order);
    threads.postMessage(order);
  });
  threads.onmessage = ({ data }) => (data === 'fired' ? firedHere() : undefined);
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL')); // a harness that is gone watches nobody
  process.channel?.unref();
  const first = process.env['FAULT_ORDER'];
  if (first !== undefined) take(JSON.parse(first) as Order);
} else {
  const kept = getEnvironmentData(KEPT) as Order | undefined;
  if (kept !== undefined) take(kept);
  threads.onmessage = ({ data }) => (data === 'fired' ? undefined : take(data as Order));
}

/** The order, where this very call is the one that is to fail. */
function due(matches: (seam: Seam) => boolean): Failure | null {
  if (failure === null || !matches(failure.order.seam)) return null;
  failure.left -= 1;
  if (failure.left > 0) return null;
  const { order } = failure;
  failure = null;
  fired();
  return order;
}

/** SIGKILL is there before the call returns. */
const dieIf = ({ code }: Failure): unknown => code === 'KILL' && process.kill(process.pid, 'SIGKILL');

function systemError(order: Failure, syscall: string): NodeJS.ErrnoException {
  dieIf(order);
  const { code } = order;
  return Object.assign(new Error(`${code}: put in, ${syscall}`), { code, syscall, errno: -5 });
}

// ── The store ────────────────────────────────────────────────────────────────────────────────────────────────────

const sample = new Database(':memory:');
const statements = Object.getPrototypeOf(sample.prepare('SELECT 1')) as Database.Statement;
const originalRun = statements.run;
statements.run = function run(this: Database.Statement, ...args: unknown[]) {
  return stored(this.source, () => originalRun.apply(this, args));
};
const originalExec = Database.prototype.exec;
Database.prototype.exec = function exec(this: Database.Database, source: string) {
  return stored(source, () => originalExec.call(this, source));
};
sample.close();

/** What runs in a thread is of the search index: no other writes statements. */
function stored<T>(source: string, original: () => T): T {
  const via = isMainThread ? 'statement' : 'index-statement';
  const order = due((seam) => seam.via === via && new RegExp(seam.source).test(source.trimStart()));
  if (order === null) return original();
  if (order.isPersisted) original();
  dieIf(order);
  throw new Database.SqliteError('put in', order.code === 'EIO' ? 'SQLITE_IOERR_WRITE' : 'SQLITE_FULL');
}

const originalSync = fs.fdatasync;
fs.fdatasync = Object.assign((descriptor: number, done: fs.NoParamCallback) => {
  const order = due((seam) => seam.via === 'log-sync');
  if (order === null) return originalSync(descriptor, done);
  const tell = () => done(systemError(order, 'fdatasync'));
  if (order.isPersisted) originalSync(descriptor, tell);
  else setImmediate(tell);
}, originalSync);

// ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────

const pathOf = new WeakMap<object, string>();
const isFileCall = (call: FileCall, path: unknown) => (seam: Seam) =>
  seam.via === 'file' && seam.call === call && typeof path === 'string' && new RegExp(seam.path).test(path);

/** Does `original`, or fails in its place or after it. */
async function filed(call: FileCall, path: unknown, original: () => Promise<unknown>): Promise<unknown> {
  const order = due(isFileCall(call, path));
  if (order === null) return original();
  if (order.isPersisted) {
    const made = await original();
    if (call === 'open') await (made as FileHandle).close();
  }
  throw systemError(order, call);
}

const platform = files as unknown as Record<string, Call>;
for (const call of ['mkdir', 'rename', 'link', 'rm'] as const) {
  const original = platform[call] as Call;
  platform[call] = (...args: never[]) => filed(call, args[0], async () => callOn(original, files, args));
}
const originalReadFile = platform['readFile'] as Call;
platform['readFile'] = (...args: never[]) => filed('read', args[0], async () => callOn(originalReadFile, files, args));
const originalOpen = files.open;
platform['open'] = async (...args: Parameters<typeof originalOpen>) => {
  const handle = (await filed('open', args[0], () => originalOpen(...args))) as FileHandle;
  pathOf.set(handle, String(args[0]));
  return handle;
};

for (const [call, name] of [
  ['open', 'openSync'],
  ['rename', 'renameSync'],
] as const) {
  const original = fs[name] as unknown as Call;
  Object.assign(fs, {
    [name]: (...args: never[]) => {
      const order = due(isFileCall(call, args[0]));
      if (order === null) return callOn(original, fs, args);
      if (order.isPersisted) {
        const made = callOn(original, fs, args);
        if (call === 'open') fs.closeSync(made as number);
      }
      throw systemError(order, call);
    },
  });
}

const own = await originalOpen(import.meta.filename);
const handles = Object.getPrototypeOf(own) as Record<string, Call>;
await own.close();
for (const call of ['read', 'write', 'sync'] as const) {
  const original = handles[call] as Call;
  handles[call] = function replaced(this: object, ...args: never[]) {
    return filed(call, pathOf.get(this), async () => callOn(original, this, args));
  };
}
syncBuiltinESMExports();

// ── Workers ──────────────────────────────────────────────────────────────────────────────────────────────────────

type Message = { readonly kind?: string; readonly id?: number };
const children = ChildProcess.prototype as unknown as { spawn: Call; send: Call; emit: Call };
/** Answers that are to be lost, by the number of their question: the worker has done its work by then. */
const lost = new WeakMap<ChildProcess, number>();

const originalSpawn = children.spawn;
children.spawn = function spawn(this: ChildProcess, ...args: never[]) {
  const result = callOn(originalSpawn, this, args);
  const order = due((seam) => seam.via === 'spawn');
  if (order?.isPersisted === true) this.once('message', () => this.kill('SIGKILL'));
  else if (order !== null) this.kill('SIGKILL');
  wrapChannel(this);
  return result;
};

function wrapChannel(child: ChildProcess): void {
  if (typeof child.send !== 'function') return;
  const send = child.send.bind(child) as (message: Message, done: unknown) => boolean;
  child.send = (message: Message, done: unknown) => {
    const order = due((seam) => seam.via === 'request' && seam.kinds.includes(message.kind ?? ''));
    if (order === null) return send(message, done);
    if (!order.isPersisted) return child.kill('SIGKILL');
    lost.set(child, message.id ?? -1);
    return send(message, done);
  };
  const emit = child.emit.bind(child);
  child.emit = ((event: string, ...args: unknown[]) => {
    if (event !== 'message') return emit(event, ...args);
    const message = args[0] as Message;
    if (lost.get(child) === message.id && message.id !== undefined) return child.kill('SIGKILL');
    return emit('message', liedAbout(message), ...args.slice(1));
  }) as typeof child.emit;
}

function liedAbout(message: Message): unknown {
  const told = lie === null ? null : tellLie(lie.order.lie, message);
  if (lie === null || told === null) return message;
  lie.left -= 1;
  if (lie.left > 0) return message;
  lie = null;
  fired();
  return told;
}

// ── The clock ────────────────────────────────────────────────────────────────────────────────────────────────────

/** The clock on the wall goes on from elsewhere, as after a correction; the monotonic one does not notice. */
function jumpClock(jumpMs: number): void {
  const TrueDate = Date;
  globalThis.Date = new Proxy(TrueDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [target.now() + jumpMs] : args, newTarget),
    get: (target, key) => (key === 'now' ? () => target.now() + jumpMs : Reflect.get(target, key)),
  });
  process.send?.('fired');
}
