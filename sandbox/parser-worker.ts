import { openSyntaxParser } from './engines/duckdb/syntax-tree.ts';
import type { ParserReply, ParserRequest } from './protocol.ts';
import { endWorker } from './worker-exit.ts';

/** The parser worker: isolated like the query worker, and without any data. */
process.on('uncaughtException', endWorker);
process.on('unhandledRejection', endWorker);
process.on('disconnect', endWorker);

const parser = await openSyntaxParser();
await parser.read('SELECT 1');

process.on('message', (message) => {
  const { id, text, cpuMsMax } = message as ParserRequest;
  // The engine reads in a thread of its own, so that this one can look at the time. Whoever is told kills this process.
  const limit = limitCpu(cpuMsMax, () => say({ kind: 'verdict', id, verdict: { kind: 'work' } }));
  void parser.read(text).then((verdict) => {
    if (limit.end()) say({ kind: 'verdict', id, verdict });
  });
});
say({ kind: 'ready' });

const LOOK_EVERY_MS = 25;

/** Calls `beyond` once more than so much is used from now on; `end` ends that, and is false where it was called. */
function limitCpu(cpuMsMax: number, beyond: () => void): { readonly end: () => boolean } {
  const before = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    if (user + system > cpuMsMax * 1_000 && end()) beyond();
  }, LOOK_EVERY_MS);
  let isOver = false;
  const end = () => {
    clearInterval(timer);
    const isFirst = !isOver;
    isOver = true;
    return isFirst;
  };
  return { end };
}

function say(reply: ParserReply): void {
  process.send?.(reply);
}
