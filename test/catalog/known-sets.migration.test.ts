import { readdirSync, readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migrate } from '../../catalog/migrate.ts';

const DIR = `${import.meta.dirname}/../../catalog/migrations`;

/** A home as it was after so many migrations. */
function homeAt(version: number): Database.Database {
  const client = new Database(':memory:');
  client.pragma('foreign_keys = ON');
  const earlier = readdirSync(DIR).sort().slice(0, version);
  for (const name of earlier) client.exec(readFileSync(`${DIR}/${name}`, 'utf8'));
  client.pragma(`user_version = ${version}`);
  return client;
}

it.each([32, 33])('keeps what was known, with its prints, and takes drawn sets and aliases (from %i)', (version) => {
  const client = homeAt(version);
  client.exec(`
    INSERT INTO known_sets (id, identity, kind, family, mode, job, at, asked)
      VALUES (7, 'a', 'released', 'f', 'perturbed', 'j', 't', 'x > 1'), (9, 'b', 'derived', 'f', 'aggregate', 'j', 't', '');
    INSERT INTO known_set_prints VALUES ('power/uscc', 7, 1, 'one', x'01'), ('power/uscc', 9, 1, 'one', x'02');`);
  const before = client.prepare('SELECT * FROM known_sets JOIN known_set_prints ON set_id = id ORDER BY id').all();
  expect(before).toHaveLength(2);
  migrate(client);
  expect(client.prepare('SELECT * FROM known_sets JOIN known_set_prints ON set_id = id ORDER BY id').all()).toEqual(
    before.map((row) => ({ ...(row as object), alias_of: null })),
  );
  const insert = client.prepare(
    "INSERT INTO known_sets (identity, kind, family, mode, job, at) VALUES (?, ?, 'f', 'perturbed', 'j', 't')",
  );
  insert.run('c', 'drawn');
  insert.run('e', 'alias');
  expect(() => insert.run('d', 'other')).toThrow('CHECK');
  expect(() => client.exec("INSERT INTO known_set_prints VALUES ('power/uscc', 99, 1, 'one', x'01')")).toThrow(
    'FOREIGN KEY',
  );
  expect(client.pragma('foreign_key_check')).toEqual([]);
});
