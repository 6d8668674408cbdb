import { fileURLToPath } from 'node:url';
import { AppError, assert } from '#policies/stored-tables';
import { type IsolationTier, pathInside, spawnIsolated } from '../isolation/spawn.ts';
import { openChannel, WorkerGone } from '../worker-channel.ts';
import type {
  AppendOutcome,
  CsvChunk,
  IngestReply,
  IngestRequest,
  OpenRequest,
  ParquetChunk,
  RankRequest,
  SealOutcome,
} from './ingest-protocol.ts';
import { formatError } from './upload-problem.ts';
import { ROOM_LIMITS, type RoomLimits, watchRoom } from './work-room.ts';

/** The gateway's end of one ingest worker. */
export interface IngestWorker {
  append(chunk: Omit<CsvChunk, 'id'> | Omit<ParquetChunk, 'id'>): Promise<AppendOutcome>;
  seal(runs: boolean): Promise<SealOutcome>;
  /** What `seal` tells, of a segment of the base. */
  review(file: string): Promise<SealOutcome>;
  rank(request: Omit<RankRequest, 'kind' | 'id'>): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  end(): Promise<void>;
}

export interface IngestWorkerOptions extends Pick<OpenRequest, 'columns' | 'twins' | 'rowSalt' | 'rankKey'> {
  readonly tier: IsolationTier;
  /** The shared folder, private and on tmpfs; the worker's only writable place. */
  readonly dir: string;
  /** Plain files of the version that is appended to; the worker only reads them. Default: none. */
  readonly baseDir?: string | null;
  readonly threads: number;
  /** Of the engine; the process may have 1 GiB more, and then allocation fails. */
  readonly memoryMb: number;
  /** One request. */
  readonly deadlineMs: number;
  /** Default: `ROOM_LIMITS`. */
  readonly room?: RoomLimits;
}

const ENTRY = fileURLToPath(new URL('./ingest-worker.ts', import.meta.url));
const PROCESS_OVERHEAD_MB = 1024;

/** @throws AppError SANDBOX_FAILED, SANDBOX_MEMORY, SANDBOX_TIMEOUT, UPLOAD_FORMAT, from every call */
export function startIngestWorker(options: IngestWorkerOptions): IngestWorker {
  const mount = { source: options.dir, target: '/data', writable: true };
  // INVARIANT: read-only. Jobs read these very files meanwhile.
  const base = options.baseDir == null ? null : { source: options.baseDir, target: '/base', writable: false };
  const child = spawnIsolated(options.tier, {
    entry: ENTRY,
    mounts: base === null ? [mount] : [mount, base],
    dataMbMax: options.memoryMb + PROCESS_OVERHEAD_MB,
  });
  const channel = openChannel<IngestRequest, IngestReply>(child, (message) => message as IngestReply);
  const dir = pathInside(options.tier, mount);
  const baseDir = base && pathInside(options.tier, base);
  const { columns, twins, rowSalt, rankKey, threads, memoryMb } = options;
  channel.tell({ kind: 'open', dir, baseDir, columns, twins, rowSalt, rankKey, threads, memoryMb });
  const room = options.room ?? ROOM_LIMITS;
  let isOverRoom = false;
  const endWatch = watchRoom(options.dir, room, () => {
    isOverRoom = true;
    channel.kill();
  });
  let id = 0;
  const request = async (make: (id: number) => CsvChunk | ParquetChunk | IngestRequest): Promise<IngestReply> => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      channel.kill();
    }, options.deadlineMs);
    try {
      await channel.ready;
      id += 1;
      return await channel.request({ ...make(id), id });
    } catch (error) {
      if (!(error instanceof WorkerGone)) throw error;
      if (isOverRoom) throw new AppError('SANDBOX_MEMORY', { limitMb: room.bytesMax / 2 ** 20 }, null, error);
      if (!isLate) throw new AppError('SANDBOX_FAILED', {}, null, error);
      throw new AppError('SANDBOX_TIMEOUT', { deadlineMs: options.deadlineMs }, null, error);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    async append(chunk) {
      const reply = await request((requestId) => ({ ...chunk, id: requestId }));
      throwIfFailed(reply, options.memoryMb);
      assert(reply.kind === 'appended', 'an append is answered by its outcome');
      return reply.outcome;
    },
    async seal(runs) {
      const reply = await request((requestId) => ({ kind: 'seal', id: requestId, runs }));
      throwIfFailed(reply, options.memoryMb);
      assert(reply.kind === 'sealed', 'a seal is answered by its outcome');
      return reply.outcome;
    },
    async review(file) {
      const reply = await request((requestId) => ({ kind: 'review', id: requestId, file }));
      throwIfFailed(reply, options.memoryMb);
      assert(reply.kind === 'sealed', 'a review is answered by its outcome');
      return reply.outcome;
    },
    async rank(wanted) {
      const reply = await request((requestId) => ({ kind: 'rank', id: requestId, ...wanted }));
      throwIfFailed(reply, options.memoryMb);
      assert(reply.kind === 'ranked', 'ranks are taken, or it fails');
    },
    async end() {
      endWatch();
      channel.kill();
      await channel.ended;
    },
  };
}

function throwIfFailed(reply: IngestReply, memoryMb: number): void {
  if (reply.kind !== 'failure') return;
  switch (reply.failure) {
    case 'memory':
      throw new AppError('SANDBOX_MEMORY', { limitMb: memoryMb });
    case 'engine':
      throw new AppError('SANDBOX_FAILED');
    case 'parquet':
      throw formatError('parquet-malformed');
    case 'nested':
      throw formatError('parquet-nested');
  }
}
