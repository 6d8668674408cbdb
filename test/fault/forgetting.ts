import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { Client } from './clients.ts';
import type { Promises } from './promises.ts';
import type { Setting } from './setting.ts';

/** People who have something forgotten, and whether it is. */

/** The oldest version of `uploads` that another one has replaced for sure. */
export async function destroyOld({ send, promises, random }: Client, token: string): Promise<void> {
  await sleep(400 * random());
  const listed = await send(token, 'GET', '/v1/resources/uploads/versions');
  const old = (listed?.json.items ?? [])
    .filter(({ state, version }) => state === 'superseded' && version < (promises.uploaded?.version ?? 0))
    .at(-1);
  if (old === undefined) return;
  const gone = await send(token, 'DELETE', `/v1/resources/uploads/versions/${old.version}`);
  if (gone?.status === 200) promises.destroyed.add(old.version);
}

let passed = 0;

/** Somebody asks once and has the name erased from the log. */
export async function eraseName(
  { send, promises, random }: Client,
  { token }: Setting,
  officer: string,
): Promise<void> {
  await sleep(400 * random());
  passed += 1;
  const sub = `passing-${passed}-${Math.floor(random() * 2 ** 31)}`;
  const asked = await send(await token('developer', sub, 'linkong-data'), 'POST', '/v1/jobs', {
    plan: 'stops',
    sql: `SELECT count(*) AS n, ${passed} AS run FROM stops`,
  });
  if (asked === null || asked.json.id === undefined) return;
  const erased = await send(officer, 'DELETE', `/v1/audit/people/linkong-data/${sub}`);
  // WHY not when the job may still be running: its outcome names the person anew.
  if (erased?.status === 200 && asked.status === 200) promises.erased.add(sub);
}

/** Versions that are there although their destruction was certified. */
export function undestroyed({ home }: Setting, { destroyed }: Promises): readonly string[] {
  return [...destroyed]
    .filter((version) => existsSync(join(home, 'vault', 'versions', `uploads@${version}`)))
    .map((version) => `uploads@${version} is there, its destruction was answered`);
}

/** Names that the log, or what it is searched by, still holds although their erasure was answered. */
export function unforgotten({ home }: Setting, { erased }: Promises): readonly string[] {
  if (erased.size === 0) return [];
  const db = new Database(join(home, 'sluice.db'), { readonly: true });
  const kept = db.prepare<[], string>('SELECT sub FROM audit_openings').pluck().all();
  db.close();
  const index = ['sluice.db-search', 'sluice.db-search-wal'].map((name) => join(home, name)).filter(existsSync);
  const searched = index.map((path) => readFileSync(path));
  return [...erased].flatMap((sub) => [
    ...(kept.includes(sub) ? [`${sub} is in the log`] : []),
    ...(searched.some((bytes) => bytes.includes(sub)) ? [`${sub} is in the search index`] : []),
  ]);
}
