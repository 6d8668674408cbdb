/** Goal: a log whose key is gone gets no new one. Control: an empty home does, and keeps it. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { homeLogKeys } from '../../../gateway/audit/index.ts';

const dir = mkdtempSync(join(tmpdir(), 'sluice-log-key-'));
mkdirSync(join(dir, 'keys'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('is missed, by its path, and nothing is made in its place', () => {
  expect(() => homeLogKeys(dir)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', facts: expect.objectContaining({ variable: 'SLUICE_HOME' }) }),
  );
  expect(existsSync(join(dir, 'keys', 'log.key'))).toBe(false);
  const made = homeLogKeys(dir, true);
  expect(homeLogKeys(dir).key.vkey).toBe(made.key.vkey);
});
