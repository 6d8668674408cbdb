import { readdirSync, readFileSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { AppError, assert } from '#policies';

const MIGRATIONS_DIR = `${import.meta.dirname}/migrations`;

interface Migration {
  readonly version: number;
  readonly sql: string;
}

function listMigrations(): readonly Migration[] {
  const names = readdirSync(MIGRATIONS_DIR)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return names.map((name, position) => {
    const version = Number.parseInt(name, 10);
    assert(version === position + 1, `migrations are numbered 1, 2, 3 … without a gap: ${name}`);
    return { version, sql: readFileSync(`${MIGRATIONS_DIR}/${name}`, 'utf8') };
  });
}

/**
 * Brings a home to the layout that this version knows, one migration a transaction. `PRAGMA user_version` says how far
 * it is.
 *
 * @throws AppError `HOME_NEWER` when a newer version of the software has written the home; nothing is touched then.
 */
export function migrate(client: Database.Database): void {
  const found = client.pragma('user_version', { simple: true }) as number;
  const migrations = listMigrations();
  const known = migrations.length;
  if (found > known) throw new AppError('HOME_NEWER', { found, known });
  for (const { version, sql } of migrations.slice(found)) {
    client.transaction(() => {
      client.exec(sql);
      client.pragma(`user_version = ${version}`);
    })();
  }
}

/** The newest layout of a home that this version knows. */
export function knownVersion(): number {
  return listMigrations().length;
}
