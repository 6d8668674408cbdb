import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDuckDbEngine } from '../../../sandbox/engines/duckdb/duckdb-engine.ts';
import type { IngestReport, Upload } from '../../../sandbox/ingest/index.ts';
import { masterKeyWrapper, openVault, rewrapVault, type Vault } from '../../../sandbox/vault/index.ts';
import { column, type IngestFixture, openIngestFixture, table } from '../ingest-fixture.ts';

/**
 * Goal: a version made by appending is, to whoever asks it, the version that one upload of all rows would have been; and what is stored of its
 * base is neither written again nor lost with it.
 * Method: the reference is that one upload. What is asked goes through the engine's own views.
 * Controls: ranks that went on behind those of the base would fail by far; a base that was changed on disk is not built upon.
 */
let fixture: IngestFixture;
beforeEach(async () => {
  fixture = await openIngestFixture();
});
afterEach(() => fixture.close());

const SCHEMA = table(
  column('pid', 'text', { role: 'identifier', unit: 'person' }),
  column('kind', 'text', { role: 'dimension', values: ['a', 'b', 'c'] }),
  column('no', 'integer', { level: 'general-4', role: 'measure', bounds: { min: 0, max: 1e6 } }),
);
const HEADER = 'pid,kind,no\n';
const ROWS = 12_000;
const linesOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => {
    const i = from + at;
    return `${i % 11 === 0 ? '' : `P${(i * 7) % 200}`},${'abc'[i % 3]},${i}`;
  });
const csv = (from: number, to: number) => `${HEADER}${linesOf(from, to).join('\n')}\n`;

const baseOf = ({ rowKeyScheme, twins, prints }: IngestReport, version: number): NonNullable<Upload['base']> => ({
  version,
  rowKeyScheme,
  twins,
  prints,
});

/** Rows of a version as a job sees them. */
async function asked(
  version: number,
  columns: readonly string[],
  sql: string,
): Promise<readonly (readonly unknown[])[]> {
  const attached = await fixture.vault.attach('elec', version);
  const engine = openDuckDbEngine({ threads: 2, memoryMb: 500 });
  try {
    const segments = attached.files.map((file, place) => ({ file, ranks: attached.rankFiles[place] ?? null }));
    await engine.grant(1, [{ name: 't', columns, segments }]);
    const { values, rowCount } = await engine.query(1, [], sql);
    return Array.from({ length: rowCount }, (_, row) => values.map((cells) => cells[row]));
  } finally {
    engine.revoke(1);
    await attached.release();
  }
}

/** In three parts, of two segments, one and one. */
async function inParts(): Promise<readonly IngestReport[]> {
  const first = await fixture.upload(SCHEMA, csv(0, 6000), {}, { segmentRowsMax: 2000, chunkBytes: 2 ** 15 });
  const second = await fixture.upload(SCHEMA, csv(6000, 9000), { version: 2, base: baseOf(first, 1) });
  const third = await fixture.upload(SCHEMA, csv(9000, ROWS), { version: 3, base: baseOf(second, 2) });
  return [first, second, third];
}

const folder = (version: number) => join(fixture.dir, 'versions', `elec@${String(version)}`);
const sealed = (version: number) => readdirSync(folder(version)).filter((name) => name.endsWith('.seg'));

describe('a version that grew by appending', () => {
  it('has the facts, the rows and the keys of one upload of everything', async () => {
    const [, , grown] = await inParts();
    const whole = await fixture.upload(SCHEMA, csv(0, ROWS), { version: 9 });
    const facts = ({
      rows,
      rowsPerUnitMax,
      unitsDistinct,
      rowKeyScheme,
      twins,
      prints,
      columns,
      findings,
    }: IngestReport) => ({
      ...{ rows, rowsPerUnitMax, unitsDistinct, rowKeyScheme, twins, prints, columns, findings },
    });
    expect(facts(grown!)).toEqual(facts(whole));
    expect(grown!.appended).toEqual({ base: 2, rows: 3000 });
    const sums =
      'SELECT kind, count(*), sum(no), sum(_row_key)::BIGINT, sum(_row_key * no)::VARCHAR FROM t GROUP BY ALL ORDER BY 1';
    expect(await asked(3, ['kind', 'no'], sums)).toEqual(await asked(9, ['kind', 'no'], sums));
  });

  it('ranks all rows of a unit anew, by chance, whenever they came', async () => {
    await inParts();
    const columns = ['pid', 'no', '_rank_pid'];
    const wrong = `SELECT count(*) FROM (SELECT pid, count(*) n, count(DISTINCT _rank_pid) d, min(_rank_pid) l, max(_rank_pid) m FROM t WHERE pid IS NOT NULL GROUP BY pid) WHERE n <> d OR l <> 0 OR m <> n - 1`;
    for (const version of [1, 2, 3]) expect(await asked(version, columns, wrong)).toEqual([[0n]]);
    const early = `SELECT count(*), count(*) FILTER (no < 6000), count(*) FILTER (no >= 9000) FROM t WHERE pid IS NOT NULL AND _rank_pid < 10`;
    const [[all, old, last] = []] = (await asked(3, columns, early)) as [bigint, bigint, bigint][];
    expect(all).toBe(2000n);
    // 2,000 chosen of 54 or 55 rows each: a half came first, a quarter last. Behind the base's, all would be of the first.
    expect(Math.abs(Number(old) / 2000 - 0.5)).toBeLessThan(0.06);
    expect(Math.abs(Number(last) / 2000 - 0.25)).toBeLessThan(0.05);
    expect(await asked(3, columns, 'SELECT count(*) FROM t WHERE pid IS NULL AND _rank_pid <> 0')).toEqual([[0n]]);
  });

  it('is the same file on disk as its base, and neither is hurt by the end of the other', async () => {
    const [first, second] = await inParts();
    const digest = (version: number, name: string) =>
      createHash('sha256')
        .update(readFileSync(join(folder(version), name)))
        .digest('hex');
    for (const [place, { name, sha256 }] of first!.segments.entries()) {
      expect(statSync(join(folder(1), name)).nlink).toBe(3);
      expect([digest(3, name), second!.segments[place]?.sha256]).toEqual([sha256, sha256]);
    }
    const count = 'SELECT count(*), sum(no) FROM t';
    const before = await asked(3, ['no'], count);
    await fixture.vault.destroy('elec', 2);
    await fixture.vault.destroy('elec', 1);
    await expect(fixture.vault.attach('elec', 1)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
    expect(await asked(3, ['no'], count)).toEqual(before);
    expect(sealed(3).map((name) => statSync(join(folder(3), name)).nlink)).toEqual(sealed(3).map(() => 1));
    await fixture.vault.destroy('elec', 3);
    expect(fixture.files()).toEqual([]);
  });

  it('is swept, reopened and appended to after its base is gone', async () => {
    const [, , third] = await inParts();
    await fixture.vault.sweep((_, version) => version === 3);
    const fourth = await fixture.upload(SCHEMA, csv(ROWS, ROWS + 10), { version: 4, base: baseOf(third!, 3) });
    expect(fourth.rows).toBe(ROWS + 10);
    expect(await asked(4, ['no'], 'SELECT count(*) FROM t')).toEqual([[BigInt(ROWS + 10)]]);
  });
});

describe('an append that does not hold of all rows together', () => {
  const refused = async (
    schema: typeof SCHEMA,
    [before, after]: readonly [string, string],
    more: Partial<Upload> = {},
  ): Promise<unknown> => {
    const first = await fixture.upload(schema, before);
    const files = fixture.files();
    const end = await fixture
      .upload(schema, after, { version: 2, base: baseOf(first, 1), ...more })
      .catch((error: unknown) => error);
    expect(fixture.files().sort()).toEqual(files.sort());
    expect(sealed(1).map((name) => statSync(join(folder(1), name)).nlink)).toEqual([1]);
    return end;
  };

  it('is refused where a unit gets more rows than its column declares', async () => {
    const declared = table(
      column('pid', 'text', { role: 'identifier', unit: 'person', rowsPerUnitMax: 3 }),
      column('no', 'integer', { level: 'general-4' }),
    );
    const two = 'pid,no\nA,1\nA,2\nB,1\n';
    expect(await refused(declared, [two, two])).toMatchObject({ code: 'UPLOAD_UNIT_ROWS' });
    const third = await fixture.upload(declared, 'pid,no\nA,3\n', {
      version: 3,
      base: { ...baseOf(await fixture.upload(declared, two, { version: 8 }), 1), twins: [], prints: null },
    });
    expect(third.rowsPerUnitMax).toEqual({ person: 3 });
  });

  it('is refused where identifiers lie undeclared in all of it, though in no part by itself enough', async () => {
    const text = table(column('note', 'text', { lengthMax: 40 }));
    const words = Array.from({ length: 100 }, (_, i) => `word ${i}`);
    const numbers = (from: number) => Array.from({ length: 80 }, (_, i) => `1380013${String(8000 + from + i)}`);
    // 80 of 180 distinct values each; the words being the same, 160 of 260 together.
    const part = (from: number) => `note\n${[...words, ...numbers(from)].join('\n')}\n`;
    await fixture.upload(text, part(80), { version: 9 }); // by itself (control)
    expect(await refused(text, [part(0), part(80)])).toMatchObject({ code: 'UPLOAD_UNDER_DECLARED' });
  });

  it.each([
    ['it adds no row', HEADER, {}, 'no-rows'],
    [
      'keys of rows do not compare',
      csv(0, 5),
      { base: { version: 1, rowKeyScheme: 'another', twins: [], prints: null } },
      'row-keys',
    ],
  ])('is refused where %s', async (_title, after, more, problem) => {
    const end = await refused(SCHEMA, [csv(0, 100), after], more);
    expect(end).toMatchObject({ code: 'UPLOAD_APPEND', facts: { problem } });
  });

  it('counts rejected rows by its own rows, not by those of the base', async () => {
    const end = await refused(SCHEMA, [csv(0, 1000), `${HEADER}P1,z,1\nP1,a,2\n`], { rejectShareMax: 0.4 });
    expect(end).toMatchObject({ code: 'UPLOAD_ROWS_REJECTED' });
  });

  it('is refused over a base that was changed on disk', async () => {
    const first = await fixture.upload(SCHEMA, csv(0, 1000));
    const path = join(folder(1), '000000.seg');
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(path, bytes);
    const files = fixture.files();
    const end = fixture.upload(SCHEMA, csv(0, 10), { version: 2, base: baseOf(first, 1) });
    await expect(end).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
    expect(fixture.files().sort()).toEqual(files.sort());
  });
});

describe('a rotation of the master key', () => {
  it('leaves shared segments to be read under the new one alone, the base being gone', async () => {
    const former = randomBytes(32);
    const [from, to] = [masterKeyWrapper(former), masterKeyWrapper(randomBytes(32))];
    const vault = await openVault({ dir: fixture.dir, keys: from, runDir: fixture.runDir });
    await writeVersion(vault, 1, null);
    await writeVersion(vault, 2, 1);
    expect(await rewrapVault(fixture.dir, from, to)).toEqual({ rewrapped: 2, before: 0 });
    const rotated = await openVault({ dir: fixture.dir, keys: to, runDir: fixture.runDir });
    await rotated.destroy('elec', 1);
    const attached = await rotated.attach('elec', 2);
    expect(attached.files.map((file) => readFileSync(file, 'utf8'))).toEqual(['rows of 1', 'rows of 2']);
    await attached.release();
  });
});

async function writeVersion(vault: Vault, version: number, base: number | null): Promise<void> {
  const writer = await vault.create('elec', version);
  const scratch = await vault.scratch();
  if (base !== null) await writer.share(base);
  writeFileSync(join(scratch.dir, 'plain'), `rows of ${version}`);
  await writer.addSegment(join(scratch.dir, 'plain'), 1);
  await writer.commit();
  await scratch.wipe();
}
