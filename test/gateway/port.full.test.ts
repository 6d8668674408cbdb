/**
 * Goal: a port that somebody else has is told at once, before a home is made and filled.
 * Control: the same start on a free port makes one (test/gateway/life/graceful-stop.full.test.ts).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, '../../gateway/main.ts');

it('a start on a taken port says so and leaves no home', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-port-'));
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    const env = {
      ...process.env,
      SLUICE_HOME: join(dir, 'home'),
      SLUICE_PORT: `${(other.address() as AddressInfo).port}`,
    };
    const { status, stderr } = spawnSync(process.execPath, [MAIN], { env, encoding: 'utf8' });
    expect(status).not.toBe(0);
    expect(stderr).toContain('SLUICE_PORT');
    expect(stderr).toContain('EADDRINUSE');
    expect(existsSync(join(dir, 'home', 'sluice.db'))).toBe(false);
  } finally {
    await new Promise((resolve) => other.close(resolve));
    rmSync(dir, { recursive: true, force: true });
  }
});
