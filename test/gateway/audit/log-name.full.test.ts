/** Goal: every log has a name of its own, which its keys keep. Control: a key from before names keeps the one that all had. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { homeLogKeys, LOG_ORIGIN, rotateLogKey, withClosedLog } from '../../../gateway/audit/index.ts';

const dir = mkdtempSync(join(tmpdir(), 'sluice-log-name-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function newHome(name: string) {
  const home = join(dir, name);
  mkdirSync(join(home, 'keys'), { recursive: true });
  return { home, keyFile: join(home, 'keys', 'log.key') };
}

it('is no other home’s, and stays through a change of keys', async () => {
  const [one, other] = [newHome('one'), newHome('other')];
  const [first, second] = [one, other].map(({ home }) => homeLogKeys(home, true).key);
  expect(first!.name).toMatch(/^sluice\/access-log\/[0-9a-f]{16}$/);
  expect(second!.name).not.toBe(first!.name);
  await withClosedLog(one.home, async () => undefined);
  const { former, current } = await rotateLogKey(one.home);
  expect(former).toBe(first!.vkey);
  expect(current).not.toBe(former);
  expect(homeLogKeys(one.home)).toMatchObject({ key: { name: first!.name }, former: { name: first!.name } });
});

it('of a key from before is the one that all logs had', () => {
  const { home, keyFile } = newHome('before');
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(keyFile, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  expect(homeLogKeys(home).key.name).toBe(LOG_ORIGIN);
});

it('that is spoilt is refused, and never taken for another', () => {
  const { home, keyFile } = newHome('spoilt');
  homeLogKeys(home, true);
  const text = readFileSync(keyFile, 'utf8');
  for (const spoilt of [text.slice(1), text.replace('name: ', 'name: a+'), text.replace('\n', ' \n'), `\n${text}`]) {
    writeFileSync(keyFile, spoilt);
    expect(() => homeLogKeys(home)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  }
});
