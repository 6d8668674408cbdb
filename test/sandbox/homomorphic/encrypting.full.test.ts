/**
 * Goal: what a provider encrypts arrives, whole and exact: readable columns as they were, sums as they were, units as they are told apart.
 * Invariants: no two contents ever share a pad, killed or not; nothing of the encrypted values is in what goes to the gateway.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededWords } from '../../../bench/seeded-words.ts';
import { sumOfWords } from '../../../sandbox/homomorphic/ashe/ashe-sql.ts';
import { openAshe } from '../../../sandbox/homomorphic/ashe/ashe-v1.ts';
import { thumbprintOf } from '../../../sandbox/homomorphic/block-manifest.ts';
import {
  type CustodianPackage,
  NO_UNIT,
  openCustodianPackage,
} from '../../../sandbox/homomorphic/custodian-package.ts';
import { encryptTable } from '../../../sandbox/homomorphic/encrypting/encrypt-table.ts';
import { rowSetFrom } from '../../../sandbox/homomorphic/row-set.ts';
import { type IngestFixture, openIngestFixture } from '../ingest-fixture.ts';
import {
  CUSTODIAN,
  csvOfRows,
  encryptingOf,
  type SecretRow,
  SIGNER,
  secretRows,
  secretSchema,
} from './encrypting-fixture.ts';

const SEED = 20_261_127n;
console.log(`encrypting seed ${SEED}`);
const ROWS = 70_000;
const rows = secretRows(seededWords(SEED), ROWS);
const dir = mkdtempSync(join(tmpdir(), 'sluice-encrypting-'));
const source = join(dir, 'source.csv');
const target = join(dir, 'upload.csv');
let fixture: IngestFixture;
beforeAll(async () => {
  writeFileSync(source, csvOfRows(rows));
  fixture = await openIngestFixture();
});
afterAll(() => {
  fixture.close();
  rmSync(dir, { recursive: true });
});

async function packageOf(path: string): Promise<CustodianPackage> {
  const opened = await openCustodianPackage(
    readFileSync(`${path}.custodian`),
    CUSTODIAN,
    await thumbprintOf(SIGNER.publicKey),
  );
  if (opened === null) throw new Error('no package');
  return opened;
}

async function takeIn(path: string, version: number) {
  const manifest = readFileSync(`${path}.manifest`, 'utf8').trim();
  return await fixture.upload(await secretSchema(), readFileSync(path), { manifest, version });
}

/** Opens the sum of `paid`, of its squares and of `days` over some rows, from what the gateway stores and the custodian was given. */
async function openedSums(
  version: number,
  pack: CustodianPackage,
  indices: readonly number[],
): Promise<readonly bigint[]> {
  const list = indices.join(', ');
  const words = ['paid', '_sq_paid', '_sqh_paid', 'days'].map(
    (name) => `sum("${name}") FILTER (WHERE _idx IN (${list}))`,
  );
  const [sums] = await fixture.read<bigint[]>(version, words.join(', '));
  const [paid, low, high, days] = sums as [bigint, bigint, bigint, bigint];
  const set = rowSetFrom(indices, pack.manifest.rows);
  const open = async (column: string, of: 'value' | 'square', sum: bigint) => {
    const cipher = openAshe({
      dataKey: pack.dataKey!,
      column: { dataset: 'elec', version: pack.manifest.version, column, of },
    });
    return (await cipher.open([{ sum, rows: set }]))[0]!;
  };
  return [
    await open('paid', 'value', paid),
    await open('paid', 'square', sumOfWords([low, high])),
    await open('days', 'value', days),
  ];
}

function plainSums(of: readonly SecretRow[]): readonly bigint[] {
  const total = (value: (row: SecretRow) => bigint) => of.reduce((sum, row) => sum + value(row), 0n);
  return [total(({ paid }) => paid), total(({ paid }) => paid ** 2n), total(({ days }) => days)];
}

const everyThird = Array.from({ length: 1_000 }, (_, at) => 3 * at);

it('a file comes through: readable columns, sums, units', { timeout: 120_000 }, async () => {
  expect(await encryptTable(await encryptingOf(source, target))).toMatchObject({
    rows: ROWS,
    rejectedRows: 0,
    resumed: false,
  });
  expect(readdirSync(dir).toSorted()).toEqual([
    'source.csv',
    'upload.csv',
    'upload.csv.custodian',
    'upload.csv.manifest',
  ]);
  const report = await takeIn(target, 1);
  expect(report).toMatchObject({ rows: ROWS, rejectedRows: 0 });
  const notes = await fixture.read<[string | null]>(1, 'note');
  expect(notes.map(([note]) => note)).toEqual(rows.map(({ note }) => note));
  const pack = await packageOf(target);
  expect(pack.manifest.version).toBe(report.encrypted?.version);
  expect(await openedSums(1, pack, everyThird)).toEqual(plainSums(everyThird.map((at) => rows[at]!)));
  expectSameUnits(pack, rows);
});

/** Numbers and identifiers tell the same rows apart. */
function expectSameUnits({ units: [units] }: CustodianPackage, of: readonly SecretRow[]): void {
  const numberOf = new Map<string, number>();
  for (const [at, { who }] of of.entries()) {
    const number = units!.numbers[at]!;
    if (who === null) expect(number).toBe(NO_UNIT);
    else expect(numberOf.get(who.toUpperCase()) ?? number).toBe(number);
    if (who !== null) numberOf.set(who.toUpperCase(), number);
  }
  expect(new Set(numberOf.values()).size).toBe(numberOf.size);
  expect(units!.distinct).toBe(numberOf.size);
}

it('killed at any place, it goes on, and what was written of an index stays', { timeout: 240_000 }, async () => {
  const killed = join(dir, 'killed.csv');
  const part = join(`${killed}.encrypting`, 'upload.csv');
  let seen = '';
  for (const rowsDone of [1, 15_000, 45_000]) {
    await killAfter(killed, rowsDone);
    const now = existsSync(part) ? readFileSync(part, 'latin1') : '';
    const common = Math.min(now.length, seen.length);
    expect(now.slice(0, common)).toBe(seen.slice(0, common));
    if (now.length > seen.length) seen = now;
  }
  expect(seen.length).toBeGreaterThan(1_000_000);
  expect(await encryptTable(await encryptingOf(source, killed))).toMatchObject({ rows: ROWS, resumed: true });
  expect(readFileSync(killed, 'latin1').slice(0, seen.length)).toBe(seen);
  await takeIn(killed, 2);
  const pack = await packageOf(killed);
  expect(await openedSums(2, pack, everyThird)).toEqual(plainSums(everyThird.map((at) => rows[at]!)));
  expectSameUnits(pack, rows);
});

function killAfter(to: string, rowsDone: number): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'encrypting-child.ts'), source, to], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.on('data', (text: Buffer) => {
    if (Number(text.toString().trim().split('\n').at(-1)) >= rowsDone) child.kill('SIGKILL');
  });
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

it('a file that changed where work had begun is not gone on with', { timeout: 120_000 }, async () => {
  const changing = join(dir, 'changing.csv');
  const to = join(dir, 'changed.csv');
  writeFileSync(changing, csvOfRows(rows));
  const work = await encryptingOf(changing, to);
  await expect(encryptTable({ ...work, onProgress: ({ rows: done }) => stopAt(done, 15_000) })).rejects.toThrow('stop');
  writeFileSync(changing, csvOfRows([...rows].reverse()));
  await expect(encryptTable(await encryptingOf(changing, to))).rejects.toMatchObject({ reason: 'other-work' });
});

it('rows that may have been encrypted already are not encrypted as others', { timeout: 120_000 }, async () => {
  const to = join(dir, 'begun.csv');
  const work = await encryptingOf(source, to);
  await expect(encryptTable({ ...work, onProgress: ({ rows: done }) => stopAt(done, 15_000) })).rejects.toThrow('stop');
  const path = join(`${to}.encrypting`, 'journal.json');
  const journal = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify({ ...journal, begun: 'f'.repeat(64) })); // as if other rows stood in the file then
  await expect(encryptTable(work)).rejects.toMatchObject({ reason: 'changed-input' });
});

function stopAt(done: number, rowsDone: number): void {
  if (done >= rowsDone) throw new Error('stop');
}

it('rows that do not fit are told by line, column and reason; too many, and nothing is written', async () => {
  const bad = join(dir, 'bad.csv');
  writeFileSync(
    bad,
    'days,note,who,day,paid\n1,a,P1,2024-01-01,1.00\n2,a,P1,2024-01-01,1000000.01\n,a,P1,2024-01-01,1\n4,a,P1,2024-01-01,1.234\n',
  );
  const work = { ...(await encryptingOf(bad, join(dir, 'good.csv'))), rejectShareMax: 0.75 };
  const rejected = [
    { line: 3, column: 'paid', reason: 'bounds' },
    { line: 4, column: 'days', reason: 'null' },
    { line: 5, column: 'paid', reason: 'scale' },
  ];
  expect(await encryptTable(work)).toMatchObject({ rows: 1, rejectedRows: 3, rejected });
  const to = join(dir, 'none.csv');
  await expect(encryptTable({ ...work, target: to, rejectShareMax: 0.5 })).rejects.toMatchObject({
    reason: 'rows-rejected',
  });
  expect(readdirSync(dir).filter((name) => name.startsWith('none'))).toEqual([]);
});

it('no word of one encryption is in another of the same file', () => {
  const [a, b] = ['upload.csv', 'killed.csv'].map((name) => wordsOf(join(dir, name)));
  expect(a!.size).toBe(4 * ROWS);
  expect([...a!].filter((word) => b!.has(word))).toEqual([]);
});

function wordsOf(path: string): Set<string> {
  const lines = readFileSync(path, 'utf8')
    .replaceAll(/"(?:[^"]|"")*"/g, '')
    .trim()
    .split('\n')
    .slice(1);
  return new Set(lines.flatMap((line) => line.split(',').slice(-4)));
}
