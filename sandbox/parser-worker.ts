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
  const { id, text } = message as ParserRequest;
  void parser.read(text).then((verdict) => say({ kind: 'verdict', id, verdict }));
});
say({ kind: 'ready' });

function say(reply: ParserReply): void {
  process.send?.(reply);
}
