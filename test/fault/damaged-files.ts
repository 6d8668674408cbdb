import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from './clients.ts';
import { StartFailed } from './faulty-gateway.ts';
import { tryStart } from './life.ts';
import { issuingFrom, makeSetting, type Setting, STOPS } from './setting.ts';

/** What can become of one file of a home. */
export const FILE_DAMAGES = [
  'a bit flipped',
  'cut in half',
  'emptied',
  'removed',
  'readable by others',
  'of another account',
  'a folder in its place',
] as const;
export type FileDamage = (typeof FILE_DAMAGES)[number];

export interface DamagedFile {
  /** Below the home. */
  readonly file: string;
  readonly damage: FileDamage;
}

export interface DamageFigure extends DamagedFile {
  /** What the gateway said, in one line; null where it started. */
  readonly refusal: string | null;
  readonly problems: readonly string[];
}

/** Files that are made anew from others: a damaged one is no reason to refuse a start; a folder is nobody's to remove. */
const DERIVED = /^(sluice\.db-(search.*|shm)|sluice\.db\.lock.*|vault\/log-head)$/;

export interface DamageGround {
  readonly files: readonly string[];
  /** The home once more, as it was. */
  copy(): Setting;
  /** What is wrong with the service of a gateway on a copy. */
  problemsOf(setting: Setting, url: string): Promise<readonly string[]>;
  try(damaged: DamagedFile): Promise<DamageFigure>;
  remove(): Promise<void>;
}

/** A home that was killed after some work, to be copied and damaged once for each try. */
export async function openDamageGround(seed: number): Promise<DamageGround> {
  const random = seeded(seed);
  const setting = await makeSetting();
  const kept = await workAndDie(setting);
  const copy = (): Setting => {
    const home = join(setting.root, 'damaged');
    rmSync(home, { recursive: true, force: true });
    cpSync(setting.home, home, { recursive: true });
    return { ...setting, home, token: issuingFrom(home) };
  };
  return {
    files: filesBelow(setting.home),
    copy,
    problemsOf: (copied, url) => serviceProblems(copied, url, kept),
    async try(damaged) {
      const copied = copy();
      SPOIL[damaged.damage](join(copied.home, damaged.file), random);
      return { ...damaged, ...(await startOn(copied, damaged, kept)) };
    },
    remove: setting.remove,
  };
}

/** All that can be tried here: only root gives files away. */
export function damagesOf(files: readonly string[]): readonly DamagedFile[] {
  const possible = FILE_DAMAGES.filter((damage) => damage !== 'of another account' || process.getuid?.() === 0);
  return files.flatMap((file) => possible.map((damage) => ({ file, damage })));
}

interface Kept {
  readonly job: string;
  readonly rows: unknown;
}

const SQL = 'SELECT name, lines FROM stops WHERE lines > 5 ORDER BY name LIMIT 20';
const TRUE_ROWS = STOPS.filter(([, lines]) => lines > 5)
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
  .slice(0, 20);
/** The head of the log is in the vault by then. */
const HEAD_KEPT_MS = 2_500;

async function workAndDie(setting: Setting): Promise<Kept> {
  const gateway = await tryStart(setting);
  if (gateway instanceof StartFailed) throw gateway;
  const answer = await ask(setting, gateway.url);
  if (answer.job === null) throw new Error(`no answer to begin with: ${answer.code}`);
  await sleep(HEAD_KEPT_MS);
  await gateway.end('SIGKILL');
  return { job: answer.job, rows: answer.rows };
}

async function ask(setting: Setting, url: string) {
  const response = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { ...(await bearer(setting)), 'content-type': 'application/json', prefer: 'wait=60' },
    body: JSON.stringify({ plan: 'stops', sql: SQL }),
  });
  const body = (await response.json()) as { id?: string; code?: string; result?: { rows: unknown } | null };
  const isAnswered = body.result !== null && body.result !== undefined;
  return { job: isAnswered ? (body.id ?? null) : null, rows: body.result?.rows, code: body.code ?? response.status };
}

async function bearer(setting: Setting): Promise<{ readonly authorization: string }> {
  return { authorization: `Bearer ${await setting.token('developer', 'dev-0', 'linkong-data')}` };
}

const SPOIL: Readonly<Record<FileDamage, (path: string, random: () => number) => void>> = {
  'a bit flipped': flipBit,
  'cut in half': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  emptied: (path) => truncateSync(path, 0),
  removed: (path) => rmSync(path),
  'readable by others': (path) => chmodSync(path, 0o644),
  'of another account': (path) => chownSync(path, 65_534, 65_534),
  'a folder in its place': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
};

function flipBit(path: string, random: () => number): void {
  const content = readFileSync(path);
  const at = Math.floor(random() * content.length);
  if (at < content.length) content[at] = (content[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  writeFileSync(path, content);
}

/** It starts and serves what was, or says what is the matter; either way nothing else of vault and keys is another afterwards. */
async function startOn(
  setting: Setting,
  damaged: DamagedFile,
  kept: Kept,
): Promise<Pick<DamageFigure, 'refusal' | 'problems'>> {
  const before = digestsOf(setting.home, damaged.file);
  const started = await tryStart(setting);
  const isRefused = started instanceof StartFailed;
  const problems = isRefused
    ? refusalProblems(damaged, started.message)
    : await serviceProblems(setting, started.url, kept);
  if (!isRefused) {
    const code = await started.end('SIGTERM');
    if (code !== 0) problems.push(`SIGTERM: exit code ${code}`);
  }
  const after = digestsOf(setting.home, damaged.file);
  const changed = [...before].filter(([path, digest]) => after.get(path) !== digest).map(([path]) => path);
  return {
    refusal: isRefused ? started.message.replaceAll(/\s+/g, ' ') : null,
    problems: [...problems, ...changed.map((path) => `${path} is another`)],
  };
}

/** Words that help, in two lines, and none of a program that fell over. */
function refusalProblems({ file, damage }: DamagedFile, message: string): string[] {
  const said = message.slice(message.indexOf('sluice: '));
  return [
    ...(DERIVED.test(file) && damage !== 'a folder in its place' ? ['refused, though it could be made anew'] : []),
    ...(file.startsWith('sluice.db') && said.includes('the change was not stored') ? ['does not say what it is'] : []),
    ...(message.includes('sluice: ') ? [] : ['says nothing']),
    ...(said.trim().split('\n').length < 2 ? ['names no remedy'] : []),
    ...(/\n\s+at |a bug in sluice|INTERNAL/.test(message) ? ['fell over'] : []),
  ];
}

async function serviceProblems(setting: Setting, url: string, kept: Kept): Promise<string[]> {
  const answer = await ask(setting, url);
  const isTrue = JSON.stringify(answer.rows) === JSON.stringify(TRUE_ROWS);
  const isHonest = answer.job === null ? answer.code === 'VAULT_CORRUPT' : isTrue;
  const served = await fetch(`${url}/v1/jobs/${kept.job}`, { headers: await bearer(setting) });
  const { result } = (await served.json()) as { result?: { rows: unknown } | null };
  return [
    ...(isHonest ? [] : [`answers ${answer.code} ${JSON.stringify(answer.rows)?.slice(0, 80)}`]),
    ...(JSON.stringify(result?.rows) === JSON.stringify(kept.rows) ? [] : [`an earlier result is not served`]),
  ];
}

/** Keys and sealed data, which a start never writes; but for the damaged file. */
function digestsOf(home: string, except: string): ReadonlyMap<string, string> {
  const files = filesBelow(home).filter((file) => /^(keys|vault\/versions)\//.test(file) && file !== except);
  return new Map(
    files.map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(home, file)))
        .digest('hex'),
    ]),
  );
}

function filesBelow(home: string): readonly string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(home.length + 1))
    .sort();
}
