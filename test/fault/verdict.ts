import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { verifyHome } from '../../gateway/audit/index.ts';
import { leafOf, naiveRoot } from '../gateway/audit/naive-tree.ts';
import { auditBooks, readStore, type Store } from './books.ts';
import { undestroyed, unforgotten } from './forgetting.ts';
import { plaintextBelow } from './plaintext.ts';
import type { Promises, ReceivedResult } from './promises.ts';
import type { Setting } from './setting.ts';

/** What is found after a fault: everything empty where nothing was lost. */
export const FAULT_KINDS = [
  'lost_results',
  'unlogged_releases',
  'overspend',
  'underspent',
  'plaintext_left',
  'failed_restarts',
  'unfinished',
  'log_not_intact',
  'wrong_answers',
  'broken_promises',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];
export type Verdict = Partial<Record<FaultKind, readonly string[]>>;

export function joined(...verdicts: readonly Verdict[]): Verdict {
  const pairs = FAULT_KINDS.map((kind) => [kind, verdicts.flatMap((verdict) => verdict[kind] ?? [])] as const);
  return Object.fromEntries(pairs.filter(([, found]) => found.length > 0));
}

/** The home as it lies on the disk, without the gateway's help but for the reading of a signed note. */
export function judgeHome(setting: Setting, promises: Promises): Verdict {
  const store = readStore(join(setting.home, 'sluice.db'));
  const { overspend, underspent, unfinished } = auditBooks(store);
  return {
    overspend,
    underspent,
    unfinished,
    unlogged_releases: unlogged(store, promises),
    lost_results: [...promises.results].flatMap(([job, received]) => (isKept(store, job, received) ? [] : [job])),
    log_not_intact: logProblems(store, setting, promises),
    wrong_answers: promises.wrong,
    broken_promises: [
      ...[...promises.jobs].filter((job) => !store.jobs.has(job)).map((job) => `accepted, unknown: ${job}`),
      ...undestroyed(setting, promises),
      ...unforgotten(setting, promises),
    ],
  };
}

/** Nobody has a table open now: nothing of one may be left anywhere. */
export function judgeFolders(...dirs: readonly string[]): Verdict {
  return { plaintext_left: dirs.flatMap(plaintextBelow) };
}

/** Results that somebody has, and results that could be had, without an outcome in the log that names their digest. */
function unlogged({ entries, jobs }: Store, promises: Promises): readonly string[] {
  const logged = new Map(
    entries.flatMap(({ kind, job, resultSha256 }) => (kind === 'outcome' ? [[job, resultSha256]] : [])),
  );
  const digestOf = (job: string) => {
    const bytes = jobs.get(job)?.result;
    return bytes === null || bytes === undefined ? 'nothing' : createHash('sha256').update(bytes).digest('hex');
  };
  const stored = [...jobs].flatMap(([job, { result }]) => (result === null ? [] : [job]));
  return [...new Set([...promises.results.keys(), ...stored])].filter((job) => logged.get(job) !== digestOf(job));
}

interface StoredTable {
  readonly columns: readonly { readonly name: string }[];
  readonly values: readonly (readonly unknown[])[];
}

/** Whether what was received is what is stored, cell by cell. */
function isKept({ jobs }: Store, job: string, { columns, rows }: ReceivedResult): boolean {
  const bytes = jobs.get(job)?.result;
  if (bytes === null || bytes === undefined) return false;
  const table = JSON.parse(bytes.toString('utf8')) as StoredTable;
  const isSame = (stored: unknown, received: unknown) => stored === received || Number(stored) === received;
  return (
    table.columns.every(({ name }, index) => name === columns[index]) &&
    rows.length === (table.values[0]?.length ?? 0) &&
    rows.every((row, r) => row.every((cell, c) => isSame(table.values[c]?.[r], cell)))
  );
}

/** By the offline check against the newest checkpoint that was given out, and by the definition of the tree (RFC 6962 §2.1). */
function logProblems(
  { entryBytes }: Store,
  { home, vkey }: Setting,
  { checkpoint: known }: Promises,
): readonly string[] {
  const report = verifyHome(join(home, 'sluice.db'), vkey, { known });
  const root = naiveRoot(entryBytes.slice(0, report.size).map(leafOf)).toString('hex');
  const problems = report.isIntact ? [] : [JSON.stringify(report.problem)];
  return report.root === root ? problems : [...problems, 'the signed root is not that of the entries'];
}

/** The gateway that has started again, by what it answers. A sample of what is old is looked at each time. */
export async function judgeGateway(
  setting: Setting,
  url: string,
  promises: Promises,
  recent = RECENT,
): Promise<Verdict> {
  const officer = await setting.token('security', 'carol', 'security-office');
  const provider = await setting.token('provider', 'bob', 'census-office');
  const get = async (path: string, token: string) => {
    const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, text: await response.text() };
  };
  const broken: string[] = [];
  const frozen = await get('/v1/freezes', officer);
  const inForce = (JSON.parse(frozen.text) as { items: { id: string; thawedAt: string | null }[] }).items;
  if (promises.freeze.state === 'frozen' && !inForce.some(({ id }) => id === promises.freeze.id))
    broken.push('a freeze');
  for (const id of [...promises.withdrawn].slice(-recent)) {
    if (!(await get(`/v1/resources/${id}`, provider)).text.includes('"withdrawn"')) broken.push(`withdrawal of ${id}`);
  }
  const versions = await get('/v1/resources/uploads/versions', provider);
  if (promises.uploaded !== null && !hasVersion(versions.text, promises.uploaded)) broken.push('an upload');
  const lost: string[] = [];
  for (const [id, { token, rows, plan }] of [...promises.results].slice(-recent)) {
    if (plan === 'frozen') continue; // perhaps held back
    const { text } = await get(`/v1/jobs/${id}`, token);
    const { result } = JSON.parse(text) as { result?: { rows: unknown[][] } | null };
    if (JSON.stringify(result?.rows) !== JSON.stringify(rows)) lost.push(`${id} is not served`);
  }
  promises.checkpoint = (await get('/v1/audit/checkpoint', officer)).text;
  return { broken_promises: broken, lost_results: lost };
}

const RECENT = 20;

function hasVersion(text: string, { version, rows }: { version: number; rows: number }): boolean {
  const { items } = JSON.parse(text) as { items: { version: number; rows: number | null; state: string }[] };
  return items.some(
    (one) => one.version === version && one.rows === rows && ['current', 'superseded'].includes(one.state),
  );
}
