import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedIssuer, type Role } from '../../gateway/identity/index.ts';
import { PEOPLE, PEOPLE_SCHEMA } from '../gateway/life/people.ts';
import { publish, startGateway } from '../gateway/life/running-gateway.ts';
import { type Places, startFaulty } from './faulty-gateway.ts';

/** A home with a table for each mode, and everybody who works with it. */
export interface Setting extends Places {
  readonly root: string;
  /** What offices keep to check the log; another one once that key was retired. */
  vkey: string;
  /** A backup of the home, from before all else. */
  readonly backup: string;
  token(role: Role, sub: string, org: string): Promise<string>;
  remove(): Promise<void>;
}

/**
 * Stands in every row of every protected table, in a column that nobody asks for: wherever it is found, a table lies open. Few
 * different ones, so that the engine's files hold them as they are. Raw identifiers begin with the second.
 */
export const PLAIN_MARKS = ['plainmark-kingfisher', 'rawid-wagtail'] as const;

const REMARK = {
  name: 'remark',
  title: { zh: '备注', en: 'remark' },
  type: 'text',
  level: 'general-3',
  role: 'attribute',
} as const;
const marked = (table: string, pay: 'general-2' | 'general-4') => ({
  ...PEOPLE_SCHEMA,
  table,
  ...(pay === 'general-4' ? { level: pay } : {}),
  columns: [...PEOPLE_SCHEMA.columns.map((one) => (one.name === 'pay' ? { ...one, level: pay } : one)), REMARK],
});
const STOPS_SCHEMA = {
  table: 'stops',
  columns: [
    { name: 'name', title: { zh: '名', en: 'name' }, type: 'text', level: 'general-1', role: 'attribute' },
    { name: 'lines', title: { zh: '线', en: 'lines' }, type: 'integer', level: 'general-1', role: 'measure' },
  ],
} as const;

/** Three marks in all. Another number of people each time, so that versions differ. */
export function markedCsv(people = PEOPLE.length): string {
  const rows = PEOPLE.slice(0, people).map((row, n) => {
    const cells = [`${PLAIN_MARKS[1]}-${row.id}`, row.dept, row.born, row.pay.toFixed(2), row.room];
    return [...cells, `${PLAIN_MARKS[0]}-${n % 3}`].join(',');
  });
  return `${['id,dept,born,pay,room,remark', ...rows].join('\n')}\n`;
}
export const STOPS = Array.from({ length: 60 }, (_, n) => [`stop-${n}`, (n * 7) % 11] as const);

/** What plans are over: `uploads` gets new versions all the time; what `frozen` stands on is frozen and thawed. */
export const TABLES = ['stops', 'people', 'private_people', 'uploads'] as const;
const PUBLISHED = [
  { plan: 'stops', schema: STOPS_SCHEMA, csv: ['name,lines', ...STOPS.map((row) => row.join(','))].join('\n') },
  { plan: 'people', schema: marked('people', 'general-2'), csv: markedCsv() },
  { plan: 'private_people', schema: marked('private_people', 'general-4'), csv: markedCsv() },
  { plan: 'uploads', schema: marked('uploads', 'general-2'), csv: markedCsv() },
  { plan: 'frozen', schema: marked('frozen', 'general-2'), csv: markedCsv() },
] as const;

/** What every setting begins as. */
interface Pattern extends Places {
  readonly vkey: string;
  readonly remove: () => Promise<void>;
}

/** Made once in a process: five uploads take longer than a run. */
let pattern: Promise<Pattern> | null = null;

async function makePattern(): Promise<Pattern> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-fault-pattern-'));
  const places = { home: join(root, 'home'), runDir: await runFolder(), tmpDir: join(root, 'tmp') };
  for (const dir of [places.home, places.tmpDir]) await mkdir(dir, { mode: 0o700 });
  const first = await startGateway(places.home, undefined, { SLUICE_RUN_DIR: places.runDir });
  for (const { plan, schema, csv } of PUBLISHED) await publish(first, { schema, csv }, { plan });
  const vkey = first.gateway.deps.log.verifierKey;
  await first.stop();
  // Leaves the compiled modules to all that come after it.
  await (await startFaulty(places, true)).end('SIGTERM');
  return { ...places, vkey, remove: () => removeAll(root, places.runDir) };
}

/** In memory: a vault takes no other. */
const runFolder = (): Promise<string> => mkdtemp('/dev/shm/sluice-fault-');

async function removeAll(...dirs: readonly string[]): Promise<void> {
  for (const dir of dirs) await rm(dir, { recursive: true, force: true });
}

/** When no more settings are made. */
export async function removePattern(): Promise<void> {
  const made = pattern;
  pattern = null;
  await (await made)?.remove();
}

/** Tokens of a home's own issuer. */
export function issuingFrom(home: string): Setting['token'] {
  return async (role, sub, org) => {
    const issuer = await openEmbeddedIssuer({ home, production: false, audience: 'sluice', clock: () => new Date() });
    return issuer.issue({ role, sub, org });
  };
}

/** @param homeIn a folder for the home, where it is not to lie beside the rest. */
export async function makeSetting(homeIn?: string): Promise<Setting> {
  pattern ??= makePattern();
  const { home: from, vkey } = await pattern;
  const root = await mkdtemp(join(tmpdir(), 'sluice-fault-'));
  const runDir = await runFolder();
  const home = homeIn ?? join(root, 'home');
  const tmpDir = join(root, 'tmp');
  await mkdir(tmpDir, { mode: 0o700 });
  await cp(from, home, { recursive: true });
  return {
    ...{ root, home, runDir, tmpDir, vkey, backup: from },
    token: issuingFrom(home),
    remove: () => removeAll(root, runDir),
  };
}
