import { fileURLToPath } from 'node:url';
import { AppError } from '#policies/stored-tables';
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
import { type ExpectedSegment, isOfChunk, isOfSegment, readIngestReply } from './ingest-replies.ts';
import { formatError } from './upload-problem.ts';
import { ROOM_LIMITS, type RoomLimits, watchRoom } from './work-room.ts';

/** The gateway's end of one ingest worker. */
export interface IngestWorker {
  append(chunk: Omit<CsvChunk, 'id'> | Omit<ParquetChunk, 'id'>): Promise<AppendOutcome>;
  seal(runs: boolean): Promise<SealOutcome>;
  /** What `seal` tells, of a segment of the base. */
  review(segment: { readonly file: string; readonly rows: number }): Promise<SealOutcome>;
  rank(request: Omit<RankRequest, 'kind' | 'id'>): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  end(): Promise<void>;
}

export interface IngestWorkerOptions extends Pick<OpenRequest, 'columns' | 'twins' | 'prints' | 'rowSalt' | 'rankKey'> {
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
  const channel = openChannel<IngestRequest, IngestReply>(child, readIngestReply);
  const dir = pathInside(options.tier, mount);
  const baseDir = base && pathInside(options.tier, base);
  const { columns, twins, prints = null, rowSalt, rankKey, threads, memoryMb } = options;
  channel.tell({ kind: 'open', dir, baseDir, columns, twins, prints, rowSalt, rankKey, threads, memoryMb });
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
  /** A worker that says what cannot be is not asked again. */
  const hold = (isSo: boolean): void => {
    if (isSo) return;
    channel.kill();
    throw new AppError('SANDBOX_FAILED');
  };
  const ask = async <Kind extends IngestReply['kind']>(
    kind: Kind,
    make: (id: number) => CsvChunk | ParquetChunk | IngestRequest,
  ): Promise<Extract<IngestReply, { kind: Kind }>> => {
    const reply = await request(make);
    throwIfFailed(reply, options.memoryMb);
    hold(reply.kind === kind);
    return reply as Extract<IngestReply, { kind: Kind }>;
  };
  const sealed = async (make: (id: number) => IngestRequest, expected: Omit<ExpectedSegment, 'columns'>) => {
    const { outcome } = await ask('sealed', make);
    hold(isOfSegment(outcome, { ...expected, columns }));
    return outcome;
  };
  let segments = 1;
  let openRows = 0;
  return {
    async append(chunk) {
      const { outcome } = await ask('appended', (requestId) => ({ ...chunk, id: requestId }));
      openRows += outcome.rows;
      hold(isOfChunk(outcome, chunk) && outcome.segmentRows === openRows);
      return outcome;
    },
    async seal(runs) {
      const expected = { file: `segment-${segments}.duckdb`, rows: openRows, runs, prints };
      const outcome = await sealed((requestId) => ({ kind: 'seal', id: requestId, runs }), expected);
      segments += 1;
      openRows = 0;
      return outcome;
    },
    review: ({ file, rows }) =>
      sealed((requestId) => ({ kind: 'review', id: requestId, file }), { file, rows, runs: true, prints: null }),
    async rank(wanted) {
      await ask('ranked', (requestId) => ({ kind: 'rank', id: requestId, ...wanted }));
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
