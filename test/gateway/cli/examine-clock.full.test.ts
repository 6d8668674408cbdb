import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { appendEntry, openStore } from '../../../catalog/index.ts';
import { examineClock } from '../../../gateway/cli/examine-clock.ts';

it('doctor sees a clock that was set back behind the log, and no other', async () => {
  const home = mkdtempSync(join(tmpdir(), 'sluice-clock-'));
  const written = new Date('2026-03-02T00:00:00.000Z');
  const store = openStore({ path: join(home, 'sluice.db'), now: () => written });
  await store.commit((tx) => appendEntry(tx, { v: 1, kind: 'start', at: tx.now() }));
  store.close();
  const at = (time: string) => examineClock(home, new Date(time));
  expect(at('2026-03-01T00:00:00.000Z')).toMatchObject({ state: 'failure', check: 'clock' });
  expect(at('2026-03-01T00:00:00.000Z').remedy?.en).toContain('timedatectl');
  expect(at('2026-03-01T23:59:30.000Z').state).toBe('ok');
  expect(at('2026-03-03T00:00:00.000Z').state).toBe('ok');
  expect(examineClock(join(home, 'none'), written).state).toBe('ok');
  rmSync(home, { recursive: true });
});
