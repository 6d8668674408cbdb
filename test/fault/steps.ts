/** Everything that has to be durable, or has to arrive, for an answer to leave: where each can fail, seen from outside. */

/** Where a failure is put in, as data: it travels to the gateway's process by message. */
export type Seam =
  /** A statement of the store's writer, or of the thread that fills the search index; `source` is a regular expression over its text. */
  | { readonly via: 'statement' | 'index-statement'; readonly source: string }
  /** The sync of the write-ahead log. */
  | { readonly via: 'log-sync' }
  /** A call on a file or folder; `path` is a regular expression. */
  | { readonly via: 'file'; readonly call: FileCall; readonly path: string }
  /** A request to an isolated worker, by its kind. */
  | { readonly via: 'request'; readonly kinds: readonly string[] }
  /** The start of an isolated worker. */
  | { readonly via: 'spawn' };
export type FileCall = 'mkdir' | 'open' | 'read' | 'write' | 'sync' | 'rename' | 'link' | 'rm';

export interface DurableStep {
  /** `rotation`, `log key`: of `sluice keys rotate` and `sluice audit rotate-key`, while no gateway runs. All others are of a gateway at work. */
  readonly part: 'log' | 'ledger' | 'vault' | 'worker' | 'forgetting' | 'index' | 'rotation' | 'log key';
  readonly name: string;
  readonly seam: Seam;
}

const statement = (part: DurableStep['part'], name: string, source: string): DurableStep => ({
  ...{ part, name },
  seam: { via: 'statement', source },
});
const file = (name: string, call: FileCall, path: string): DurableStep => ({
  part: 'vault',
  name,
  seam: { via: 'file', call, path },
});
const forgetting = (name: string, call: FileCall, path: string): DurableStep => ({
  ...file(name, call, path),
  part: 'forgetting',
});
const rotation = (name: string, call: FileCall, path: string): DurableStep => ({
  ...file(name, call, path),
  part: 'rotation',
});
const logKey = (name: string, call: FileCall, path: string): DurableStep => ({
  ...file(name, call, path),
  part: 'log key',
});
const index = (name: string, source: string): DurableStep => ({
  ...{ part: 'index', name },
  seam: { via: 'index-statement', source },
});
const request = (name: string, ...kinds: readonly string[]): DurableStep => ({
  part: 'worker',
  name,
  seam: { via: 'request', kinds },
});

export const DURABLE_STEPS: readonly DurableStep[] = [
  statement('log', 'begin a batch', '^BEGIN IMMEDIATE'),
  statement('log', 'append an entry', '^INSERT INTO audit_entries'),
  statement('log', 'append its leaf', '^INSERT INTO audit_leaves'),
  statement('log', 'write a tree head', '^INSERT INTO audit_checkpoints'),
  statement('log', 'keep the signature of a head', '^UPDATE audit_checkpoints'),
  statement('log', 'commit a batch', '^COMMIT'),
  { part: 'log', name: 'sync a batch', seam: { via: 'log-sync' } },
  statement('ledger', 'open a job', '^INSERT INTO jobs'),
  statement('ledger', 'reserve in an account', '^INSERT INTO ledger_accounts'),
  statement('ledger', 'keep the reservation', '^INSERT INTO ledger_reservations'),
  statement('ledger', 'charge the account', '^UPDATE ledger_accounts'),
  statement('ledger', 'settle the reservation', '^UPDATE ledger_reservations'),
  statement('ledger', 'store the result', '^INSERT INTO job_results'),
  statement('ledger', 'end the job', '^UPDATE jobs SET state = :state'),
  statement('ledger', 'register what cost privacy', '^INSERT INTO privacy_releases'),
  file('stage a version', 'mkdir', '/staging/[^/]+@\\d+\\.'),
  file('open a segment', 'open', '/staging/.*/\\d{6}\\.seg$'),
  file('write a segment', 'write', '/staging/.*/\\d{6}\\.seg$'),
  file('sync a segment', 'sync', '/staging/.*/\\d{6}\\.seg$'),
  file('write the manifest', 'write', '/staging/.*/manifest$'),
  file('write the wrapped key', 'write', '/staging/.*/key$'),
  file('sync the wrapped key', 'sync', '/staging/.*/key$'),
  file('make the version visible', 'rename', '/staging/[^/]+@\\d+\\.'),
  file('sync the folder of versions', 'sync', '/vault/versions$'),
  file('read a wrapped key', 'read', '/versions/.*/key$'),
  file('read a segment', 'read', '/versions/.*\\.seg$'),
  file('write a plain copy', 'write', '/attached/.*\\.duckdb$'),
  file('show a worker its copy', 'link', '/attached/.*\\.duckdb$'),
  file('wipe a plain copy', 'rm', '/attached/'),
  file('wipe an upload in progress', 'rm', '/scratch/'),
  file('drop an unfinished version', 'rm', '/staging/[^/]+@\\d+\\.'),
  { part: 'worker', name: 'start a worker', seam: { via: 'spawn' } },
  request('parse a query', 'parse'),
  request('give a worker its tables', 'grant'),
  request('run over protected rows', 'query'),
  request('finish over released cells', 'finish'),
  request('read a chunk of an upload', 'csv'),
  request('close a segment', 'seal'),
  file('share a segment', 'link', '/versions/.*\\.seg$'),
  request('look at a segment that is shared', 'review'),
  statement('forgetting', 'order a destruction', '^insert into "destructions"'),
  forgetting('keep what its data is known by', 'write', '/erasures/draft\\.[^/]+/traces$'),
  forgetting('overwrite a key', 'write', '/versions/.*/key$'),
  forgetting('sync an overwritten key', 'sync', '/versions/.*/key$'),
  forgetting('take a version out of sight', 'rename', '/versions/[^/]+@\\d+$'),
  forgetting('remove its files', 'rm', '/staging/destroyed\\.'),
  statement('forgetting', 'keep a certificate', '^update "destructions"'),
  statement('forgetting', 'erase names', '^DELETE FROM audit_openings'),
  statement('forgetting', 'count erasures', `^INSERT INTO settings`),
  index('empty the search index', "VALUES \\('delete-all'\\)"),
  index('index an entry', '^INSERT INTO search\\.audit_index'),
  index('keep where a day lies', '^INSERT INTO search\\.audit_periods'),
  index('keep how far the index is', '^UPDATE search\\.audit_indexed'),
  index('commit a stretch of the index', '^COMMIT'),
  rotation('make the new master key', 'link', '/keys/master\\.key\\.next\\.'),
  statement('rotation', 'log that a rotation begins, or is complete', '^INSERT INTO audit_entries'),
  rotation('write a key that is wrapped anew', 'write', '/versions/.*/key\\.next$'),
  rotation('sync a key that is wrapped anew', 'sync', '/versions/.*/key\\.next$'),
  rotation('put it in place', 'rename', '/versions/.*/key\\.next$'),
  rotation('sync its folder', 'sync', '/versions/[^/]+@\\d+$'),
  rotation('keep the one before under another name', 'link', '/versions/[^/]+/key$'),
  rotation('overwrite the one before', 'write', '/versions/.*/key\\.former$'),
  rotation('remove the one before', 'rm', '/versions/.*/key\\.former$'),
  rotation('write the secrets of the home wrapped anew', 'write', '/keys/secrets\\.sealed\\.next$'),
  rotation('put them in place', 'rename', '/keys/secrets\\.sealed\\.next$'),
  rotation('put the new master key in place', 'rename', '/keys/master\\.key\\.next$'),
  rotation('overwrite the former master key', 'write', '/keys/master\\.key\\.former$'),
  logKey('write the next log key', 'open', '/keys/log-next\\.key\\.draft$'),
  logKey('keep the next log key', 'rename', '/keys/log-next\\.key\\.draft$'),
  statement('log key', 'log which key takes over', '^INSERT INTO audit_entries'),
  logKey('write the former log key', 'open', '/keys/log-former\\.key\\.draft$'),
  logKey('put the next log key in place', 'rename', '/keys/log-next\\.key$'),
  statement('log key', 'keep a head that both keys sign', '^UPDATE audit_checkpoints'),
];

/** What a worker may answer that was taken over and keeps to the protocol's words. */
export const ANSWER_LIES = [
  'fewer columns',
  'more columns',
  'no rows',
  'a row twice',
  'other types',
  'other names',
  'numbers that cannot be',
  'nothing',
] as const;
/** The same of an ingest worker, of the rows that it was sent. */
export const INGEST_LIES = [
  'rows that nobody sent',
  'fewer rows',
  'a file of the gateway',
  'no unit has two rows',
  'a run of another column',
] as const;
export type Lie = (typeof ANSWER_LIES)[number] | (typeof INGEST_LIES)[number];
export type AnswerLie = (typeof ANSWER_LIES)[number];
export type IngestLie = (typeof INGEST_LIES)[number];

export type FailureCode = 'EIO' | 'ENOSPC' | 'KILL';

/** What a process is told to fail at, once: at the `nth` time from now on. */
export type Order =
  | {
      readonly kind: 'fail';
      readonly seam: Seam;
      readonly nth: number;
      /** True: the step is done, and its failure told all the same. */
      readonly isPersisted: boolean;
      /** `KILL`: the process dies there. */
      readonly code: FailureCode;
    }
  | { readonly kind: 'lie'; readonly lie: Lie; readonly nth: number }
  | { readonly kind: 'clock'; readonly jumpMs: number };
