/** Goal: a log whose key is gone gets no new one. Control: an empty home does, and keeps it. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadLogKeys } from '../../../gateway/audit/index.ts';

const dir = mkdtempSync(join(tmpdir(), 'sluice-log-key-'));
mkdirSync(join(dir, 'keys'));
const [current, former] = [join(dir, 'keys', 'log.key'), join(dir, 'keys', 'log-former.key')];
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('is missed, by its path, and nothing is made in its place', () => {
  expect(() => loadLogKeys(current, former)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', facts: expect.objectContaining({ variable: 'SLUICE_HOME' }) }),
  );
  expect(existsSync(current)).toBe(false);
  const made = loadLogKeys(current, former, true);
  expect(loadLogKeys(current, former).key.vkey).toBe(made.key.vkey);
});
