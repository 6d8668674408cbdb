import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AuditEntry, appendEntry, ERASED, openStore, readEntries } from '../../../catalog/index.ts';
import { LOG_ORIGIN, loadOrCreateLogKey, openLog } from '../../../gateway/audit/index.ts';
import { runSluice } from './run-sluice.ts';

const ALICE = { sub: 'alice', org: 'acme', role: 'developer' };
/** A home with a real log of 300 entries, its key, and the receipt of entry 7. */
let dir: string;
let home: string;
let vkey: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-audit-'));
  home = join(dir, 'home');
  await mkdir(join(home, 'keys'), { recursive: true, mode: 0o700 });
  const store = openStore({ path: join(home, 'sluice.db'), now: () => new Date('2026-03-02T08:00:00Z') });
  const key = loadOrCreateLogKey(join(home, 'keys', 'log.key'), LOG_ORIGIN);
  vkey = key.vkey;
  const log = await openLog({ store, key });
  const append = (note: string) =>
    store.commit((tx) => appendEntry(tx, { v: 1, kind: 'intent', at: '2026-03-02T08:00:00.000Z', who: ALICE, note }));
  await Promise.all(Array.from({ length: 300 }, (_, i) => append(`entry ${i}`)));
  await log.advance();
  await writeFile(join(dir, 'receipt'), log.receipt(7));
  const [entry] = store.read((db) => readEntries(db, 7, 8));
  await writeFile(join(dir, 'entry.json'), JSON.stringify({ index: 7, ...entry }, null, 4));
  await log.close();
  store.close();
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Changes the home behind the gateway's back, as whoever holds the disk could. */
function tamper(sql: string): void {
  const database = new Database(join(home, 'sluice.db'));
  for (const { name } of database.prepare(`SELECT name FROM sqlite_master WHERE type = 'trigger'`).all() as {
    name: string;
  }[]) {
    database.exec(`DROP TRIGGER "${name}"`);
  }
  database.exec(sql);
  database.close();
}

describe('audit verify', () => {
  test('an intact log, with the key that an office keeps and with the home’s own', async () => {
    const kept = await runSluice(['audit', 'verify', '--home', home, '--key', vkey, '--json']);
    expect(kept).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(kept.out)).toMatchObject({
      ok: true,
      isIntact: true,
      size: 300,
      origin: LOG_ORIGIN,
      problem: null,
    });
    const own = await runSluice(['audit', 'verify'], { SLUICE_HOME: home, LANG: 'zh_CN.UTF-8' });
    expect(own.code).toBe(0);
    expect(own.out).toMatch(/^日志完好：300 条记录，树根 [0-9a-f]{64}\n姓名：保留 \d+ 处，按记录抹除 0 处\n$/);
    expect(own.err).toMatch(/使用主目录自带的密钥核验/);
  });

  test('names the entry that was changed', async () => {
    tamper(`UPDATE audit_entries SET bytes = CAST(replace(CAST(bytes AS TEXT), 'entry 123', 'entry 321') AS BLOB)`);
    const { code, out } = await runSluice(['audit', 'verify', '--home', home, '--key', vkey]);
    expect({ code, out }).toEqual({ code: 1, out: 'the log does not verify: entry 123 was changed\n' });
  });

  test('does not take another’s key', async () => {
    const other = loadOrCreateLogKey(join(dir, 'other.key'), LOG_ORIGIN).vkey;
    expect((await runSluice(['audit', 'verify', '--home', home, '--key', other])).code).toBe(1);
    expect((await runSluice(['audit', 'verify', '--home', home, '--key', 'nonsense'])).code).toBe(2);
  });

  test('says that there is no home, and makes none', async () => {
    const { code, err } = await runSluice(['audit', 'verify', '--home', join(dir, 'absent')]);
    expect(code).toBe(2);
    expect(err).toMatch(/no gateway home/);
    expect(await readdir(dir)).not.toContain('absent');
  });

  test('goes on from where an earlier check ended, and takes no other file for that', async () => {
    const state = join(dir, 'state.json');
    const verify = ['audit', 'verify', '--home', home, '--key', vkey, '--state', state, '--json'];
    expect(JSON.parse((await runSluice(verify)).out)).toMatchObject({ ok: true, checked: 300 });
    expect(JSON.parse((await runSluice(verify)).out)).toMatchObject({ ok: true, checked: 0, size: 300 });
    await writeFile(state, JSON.stringify({ size: 300, roots: ['00'.repeat(32)] }));
    expect((await runSluice(verify)).code).toBe(2);
  });

  test('says what is wrong with the question: no such folder, the key of another log', async () => {
    const nowhere = await runSluice(['audit', 'verify', '--tiles', join(dir, 'nowhere'), '--key', vkey]);
    expect(nowhere).toMatchObject({ code: 2, err: expect.stringContaining('is no folder of tiles') });
    const other = loadOrCreateLogKey(join(dir, 'other.key'), LOG_ORIGIN).vkey;
    const foreign = await runSluice(['audit', 'verify', '--home', home, '--key', other]);
    expect(foreign).toMatchObject({ code: 1, out: expect.stringContaining('is not signed with this key') });
  });

  test('holds the log against a checkpoint kept from earlier', async () => {
    const known = join(dir, 'known');
    await writeFile(known, (await readFile(join(dir, 'receipt'), 'utf8')).split('\n\n').slice(1).join('\n\n'));
    const verify = ['audit', 'verify', '--home', home, '--key', vkey, '--known', known];
    expect((await runSluice(verify)).code).toBe(0);
    for (const table of ['entries', 'leaves', 'openings']) tamper(`DELETE FROM audit_${table} WHERE idx >= 256`);
    tamper('DELETE FROM audit_checkpoints WHERE size > 256'); // the log as it once was
    expect((await runSluice(verify)).out).toMatch(/the log is older than what is known of it/);
    expect((await runSluice(verify.slice(0, 6))).code, 'control').toBe(0);
  });

  test('checks exported tiles without the home, and finds damage in them', async () => {
    const tiles = join(dir, 'tiles');
    const exported = await runSluice(['audit', 'export-tiles', tiles, '--home', home, '--json']);
    expect(JSON.parse(exported.out)).toMatchObject({ ok: true, size: 300 });
    await rm(home, { recursive: true });
    const verify = ['audit', 'verify', '--tiles', tiles, '--key', vkey];
    expect((await runSluice(verify)).code).toBe(0);
    const bundle = join(tiles, 'tile', 'entries', '000');
    const bytes = await readFile(bundle);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(bundle, bytes);
    expect((await runSluice(verify)).code).toBe(1);
  });
});

describe('a change of keys', () => {
  const check = async (key: string) => (await runSluice(['audit', 'verify', '--home', home, '--key', key])).code;

  test('is said in the log; both keys check it until the former is retired', async () => {
    const change = await runSluice(['audit', 'rotate-key', '--home', home, '--json']);
    const { former, current } = JSON.parse(change.out) as { former: string; current: string };
    expect(former).toBe(vkey);
    expect([await check(former), await check(current)]).toEqual([0, 0]);
    expect((await runSluice(['audit', 'rotate-key', '--home', home])).code).toBe(2);
    const retired = await runSluice(['audit', 'retire-key', '--home', home, '--json']);
    expect(JSON.parse(retired.out)).toEqual({ ok: true, former, current });
    expect([await check(former), await check(current)]).toEqual([1, 0]);
    expect((await runSluice(['audit', 'retire-key', '--home', home])).code).toBe(2);
    const store = openStore({ path: join(home, 'sluice.db'), now: () => new Date() });
    const notes = store.read((db) => readEntries(db, 300, 310)).map(({ kind, note }) => `${kind}: ${note}`);
    store.close();
    expect(notes).toEqual([`log-key: ${current} takes over from ${former}`, `log-key: ${former} is retired`]);
    expect(await readdir(join(home, 'keys'))).toEqual(['log.key']);
  });

  test('is refused while a gateway runs on the home', async () => {
    const store = openStore({ path: join(home, 'sluice.db'), now: () => new Date() });
    expect((await runSluice(['audit', 'rotate-key', '--home', home])).code).toBe(2);
    store.close();
    expect((await runSluice(['audit', 'rotate-key', '--home', home])).code).toBe(0);
  });
});

describe('receipt verify', () => {
  test('from the home, and from the entry alone in any spelling of its JSON', async () => {
    const receipt = join(dir, 'receipt');
    const fromHome = await runSluice(['receipt', 'verify', receipt, '--home', home, '--key', vkey, '--json']);
    expect(JSON.parse(fromHome.out)).toEqual({ ok: true, index: 7, size: 300 });
    await rm(home, { recursive: true });
    const alone = ['receipt', 'verify', receipt, '--entry', join(dir, 'entry.json'), '--key', vkey];
    expect((await runSluice(alone)).out).toMatch(/^the receipt is good: entry 7 stands/);
  });

  test('refuses the entry under another name, and takes it without one', async () => {
    const entry = JSON.parse(await readFile(join(dir, 'entry.json'), 'utf8')) as AuditEntry;
    const shown = join(dir, 'shown.json');
    const check = async (who: object) => {
      await writeFile(shown, JSON.stringify({ ...entry, who }));
      return (await runSluice(['receipt', 'verify', join(dir, 'receipt'), '--entry', shown, '--key', vkey])).code;
    };
    const { sub: _, salt, ...closed } = entry.who!;
    expect(await check(entry.who!), 'control').toBe(0);
    expect(await check({ ...entry.who, sub: 'mallory' })).toBe(1);
    expect(await check({ ...closed, sub: 'alice' }), 'a name that nothing opens').toBe(1);
    expect(await check({ ...closed, salt })).toBe(0);
    expect(await check({ ...closed, sub: ERASED })).toBe(0);
  });

  test('refuses another entry, another receipt, another key', async () => {
    const entry = join(dir, 'entry.json');
    const check = (receipt: string, key = vkey) =>
      runSluice(['receipt', 'verify', receipt, '--entry', entry, '--key', key]);
    const text = await readFile(join(dir, 'receipt'), 'utf8');
    await writeFile(join(dir, 'changed'), text.replace('index 7', 'index 8'));
    expect((await check(join(dir, 'changed'))).code).toBe(1);
    const other = loadOrCreateLogKey(join(dir, 'other.key'), LOG_ORIGIN).vkey;
    expect((await check(join(dir, 'receipt'), other)).code).toBe(1);
    await writeFile(entry, (await readFile(entry, 'utf8')).replace('entry 7', 'entry 9'));
    expect((await check(join(dir, 'receipt'))).code).toBe(1);
    await writeFile(entry, 'not JSON');
    expect((await check(join(dir, 'receipt'))).code).toBe(2);
  });
});
