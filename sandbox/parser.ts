import { fileURLToPath } from 'node:url';
import {
  AppError,
  acceptedNear,
  notSelect,
  placeOf,
  severalStatements,
  type UntrustedSql,
  withStandardSigns,
} from '#policies/stored-tables';
import { type IsolationTier, spawnIsolated } from './isolation/spawn.ts';
import { type ParserReply, type ParserRequest, type ParserVerdict, readParserReply } from './protocol.ts';
import type { ReplacementReason, SandboxEvent } from './sandbox-event.ts';
import { openChannel, type WorkerChannel, WorkerGone } from './worker-channel.ts';

export const SQL_BYTES_MAX = 100_000;
/** DuckDB's own limit, by which nesting is refused. */
const NESTING_MAX = 1_000;
const TREE_CHARACTERS_MAX = 8_000_000;
const QUEUE_MAX = 256;
const PARSER_DATA_MB = 1_200;
const PARSER_ENTRY = fileURLToPath(new URL('./parser-worker.ts', import.meta.url));

/** What a text may take. WHY processor time: on a loaded machine a small text waits, and is none the worse for it. */
export interface ParserBounds {
  readonly cpuMsMax: number;
  /** For a parser that does not work at all. */
  readonly wallMsMax: number;
}
const BOUNDS: ParserBounds = { cpuMsMax: 1_000, wallMsMax: 30_000 };

export interface Parser {
  readonly ready: Promise<void>;
  /**
   * The syntax tree of one SELECT, as the JSON text of `json_serialize_sql`.
   * @throws AppError SQL_TOO_LONG, SQL_SYNTAX, SQL_NOT_SELECT, SQL_STATEMENTS, SQL_TOO_COMPLEX, SANDBOX_BUSY,
   *   SANDBOX_SLOW, SANDBOX_FAILED; the signal's reason when aborted
   */
  parse(text: UntrustedSql, signal?: AbortSignal): Promise<string>;
  readonly pid: () => number | null;
  close(): Promise<void>;
}

type ParserChannel = WorkerChannel<ParserRequest, ParserReply>;

interface Asked {
  readonly text: UntrustedSql;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (verdict: ParserVerdict) => void;
  readonly reject: (reason: unknown) => void;
  /** A text that a parser died of is tried once more, in case the death was not its fault. */
  tries: number;
}

/** A parser worker without data, one text at a time, replaced when it dies, works too much or takes too long. */
export function openParser(tier: IsolationTier, log: (event: SandboxEvent) => void, bounds = BOUNDS): Parser {
  const queue: Asked[] = [];
  let channel = startChannel(tier);
  let working = false;
  let closed = false;
  let sequence = 0;

  function replace(reason: ReplacementReason): void {
    channel.kill();
    if (closed) return;
    log({ kind: 'parser-replaced', reason });
    channel = startChannel(tier);
  }

  async function askChannel(text: UntrustedSql): Promise<ParserVerdict> {
    const asked = channel;
    let late = false;
    let timer: NodeJS.Timeout | undefined;
    try {
      await asked.ready; // the deadline is for the text, not for a start
      timer = setTimeout(() => {
        late = true;
        asked.kill();
      }, bounds.wallMsMax);
      sequence += 1;
      const reply = await asked.request({
        kind: 'parse',
        id: sequence,
        text: withStandardSigns(text),
        cpuMsMax: bounds.cpuMsMax,
      });
      if (reply.kind !== 'verdict') throw new WorkerGone();
      if (reply.verdict.kind === 'work') replace('work');
      return reply.verdict;
    } catch (cause) {
      replace(late ? 'deadline' : 'crashed');
      if (late) throw new AppError('SANDBOX_SLOW', { seconds: Math.ceil(bounds.wallMsMax / 1_000) });
      throw cause;
    } finally {
      clearTimeout(timer);
    }
  }

  async function work(): Promise<void> {
    if (working) return;
    working = true;
    for (let asked = queue.shift(); asked !== undefined; asked = queue.shift()) {
      if (asked.signal?.aborted === true) {
        asked.reject(asked.signal.reason);
        continue;
      }
      try {
        asked.tries += 1;
        asked.resolve(await askChannel(asked.text));
      } catch (cause) {
        if (cause instanceof WorkerGone && asked.tries < 2 && !closed) queue.unshift(asked);
        else if (cause instanceof WorkerGone) asked.reject(new AppError('SANDBOX_FAILED', {}, null, cause));
        else asked.reject(cause);
      }
    }
    working = false;
  }

  return {
    get ready() {
      return channel.ready;
    },
    pid: () => channel.pid,
    async parse(text, signal) {
      signal?.throwIfAborted();
      checkText(text);
      if (closed || queue.length >= QUEUE_MAX) throw new AppError('SANDBOX_BUSY', { retryAfterSeconds: 1 });
      const { promise, resolve, reject } = Promise.withResolvers<ParserVerdict>();
      queue.push({ text, signal, resolve, reject, tries: 0 });
      void work();
      return treeOf(text, await promise, bounds);
    },
    async close() {
      closed = true;
      channel.kill();
      await channel.ended;
    },
  };
}

function startChannel(tier: IsolationTier): ParserChannel {
  return openChannel(
    spawnIsolated(tier, { entry: PARSER_ENTRY, mounts: [], dataMbMax: PARSER_DATA_MB }),
    readParserReply,
  );
}

/** What is refused before any parser sees it: DuckDB's text ends at a null byte, and lone surrogates have no UTF-8. */
function checkText(text: UntrustedSql): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > SQL_BYTES_MAX) throw new AppError('SQL_TOO_LONG', { bytes, bytesMax: SQL_BYTES_MAX });
  const bad = text.search(/\0|\p{Surrogate}/u);
  if (bad >= 0) throw new AppError('SQL_SYNTAX', { near: '' }, placeOf(text, bad));
}

function treeOf(text: UntrustedSql, verdict: ParserVerdict, { cpuMsMax }: ParserBounds): string {
  switch (verdict.kind) {
    case 'not-select':
      throw notSelect(text);
    case 'nesting':
      throw new AppError('SQL_TOO_COMPLEX', { what: 'nesting', limit: NESTING_MAX });
    case 'work':
      throw new AppError('SQL_TOO_COMPLEX', { what: 'ms of processor time to read it', limit: cpuMsMax });
    case 'syntax':
      throw syntaxError(text, verdict.position);
    case 'tree': {
      if (verdict.statements === 0) throw notSelect(text);
      if (verdict.statements > 1) throw severalStatements(text, verdict.statements);
      if (verdict.json.length <= TREE_CHARACTERS_MAX) return verdict.json;
      throw new AppError('SQL_TOO_COMPLEX', { what: 'syntax-tree', limit: TREE_CHARACTERS_MAX });
    }
  }
}

/** WHY from the text: the words beside the place are the user's own, not the engine's. */
function syntaxError(text: UntrustedSql, position: number | null): AppError {
  const offset = position === null ? null : [...text].slice(0, position).join('').length;
  const near = offset === null ? '' : (/^[\p{L}\p{N}_]{1,40}|^\S/u.exec(text.slice(offset))?.[0] ?? '');
  const accepted = acceptedNear(text, offset);
  return new AppError('SQL_SYNTAX', accepted === null ? { near } : { near, accepted }, placeOf(text, offset));
}
