import type { ChildProcess } from 'node:child_process';
import { assert } from '#policies/stored-tables';

/** The worker died, was killed, or said something that a healthy worker would not say. */
export class WorkerGone extends Error {
  override readonly name = 'WorkerGone';
}

/** A worker process as request and answer, one at a time. `Reply` has `id` on every answer and none on `ready`. */
export interface WorkerChannel<Request, Reply> {
  /** Rejects with WorkerGone when the worker ends before it says `ready`, or has not said so after `READY_MS_MAX`. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended; never rejects. */
  readonly ended: Promise<void>;
  readonly isGone: () => boolean;
  /** Process id of the outermost process, for tests and logs. */
  readonly pid: number | null;
  request(message: Request & { readonly id: number }): Promise<Reply>;
  /** Sends what has no answer. */
  tell(message: Request): void;
  /** SIGKILL, at once. Harmless when it is gone. */
  kill(): void;
}

/** A start takes 0.2 s. WHY a bound: a process that is stopped, and neither dies nor answers, would be waited for without end. */
const READY_MS_MAX = 120_000;

interface Waiting<Reply> {
  readonly id: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (reason: WorkerGone) => void;
}

export function openChannel<Request, Reply extends { readonly kind: string; readonly id?: number }>(
  child: ChildProcess,
  readReply: (message: unknown) => Reply | null,
  readyMsMax = READY_MS_MAX,
): WorkerChannel<Request, Reply> {
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  let waiting: Waiting<Reply> | null = null;
  let isReady = false;
  let gone = false;

  const lose = () => {
    if (gone) return;
    gone = true;
    ready.reject(new WorkerGone());
    waiting?.reject(new WorkerGone());
    waiting = null;
  };
  const kill = () => {
    lose();
    child.kill('SIGKILL');
  };
  const startTimer = setTimeout(kill, readyMsMax);
  ready.promise.catch(() => undefined).finally(() => clearTimeout(startTimer)); // whoever needs it awaits it
  child.on('exit', () => {
    lose();
    ended.resolve();
  });
  child.on('error', () => {
    kill();
    if (child.pid === undefined) ended.resolve(); // it never started: no exit follows
  });
  child.on('disconnect', kill);
  child.on('message', (message) => {
    const reply = readReply(message);
    if (reply?.kind === 'ready' && !isReady) {
      isReady = true;
      return ready.resolve();
    }
    if (reply === null || waiting === null || reply.id !== waiting.id) return kill();
    const { resolve } = waiting;
    waiting = null;
    resolve(reply);
  });

  const send = (message: Request) => {
    child.send(message as object, (error) => {
      if (error !== null) kill();
    });
  };
  return {
    ready: ready.promise,
    ended: ended.promise,
    isGone: () => gone,
    pid: child.pid ?? null,
    request(message) {
      if (gone) return Promise.reject(new WorkerGone());
      assert(waiting === null, 'a worker gets one request at a time');
      const { promise, resolve, reject } = Promise.withResolvers<Reply>();
      waiting = { id: message.id, resolve, reject };
      send(message);
      return promise;
    },
    tell(message) {
      if (!gone) send(message);
    },
    kill,
  };
}
