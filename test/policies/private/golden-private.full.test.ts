import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { DEFAULT_PROFILE } from '../../../policies/levels.ts';
import { openPrivate, type PrivateEngine } from './private-engine.ts';

/**
 * Golden plans of mode `dp`: `test/golden/private/<name>/`: the query, what its boundaries release at which sensitivity and noise, what is
 * charged, and the statement below. One query for each way of bounding a unit's share. Written anew only by
 * `SLUICE_GOLDEN=update npx vitest run --project full test/policies/private/golden-private.full.test.ts`.
 */
const FOLDER = join(import.meta.dirname, '../../golden/private');
const UPDATE = process.env['SLUICE_GOLDEN'] === 'update';

const QUERIES: Readonly<Record<string, string>> = {
  declared: 'SELECT home, count(*) AS n, avg(income) AS mean FROM people GROUP BY home HAVING n > 5',
  groups: 'SELECT kind, count(*) AS n, sum(fare) AS fares, avg(minutes) AS mean FROM trips GROUP BY kind',
  ranked:
    'SELECT hour, count(DISTINCT person) AS people, sum(minutes) AS minutes FROM trips WHERE district = $$east$$ GROUP BY hour',
  'several-kinds': 'SELECT site, sum(wage) AS wages, count(DISTINCT firm) AS firms FROM posts GROUP BY site',
  'rows-left-out': 'SELECT site, sum(wage) AS wages FROM posts GROUP BY site',
  selected: 'SELECT stop, count(*) AS n FROM trips WHERE minutes > 30 GROUP BY stop ORDER BY n DESC LIMIT 3',
  quantiles: 'SELECT district, median(fare) AS middle, max(minutes) AS longest FROM trips GROUP BY district',
  chosen: 'SELECT hour, mode(kind) AS usual, count(DISTINCT stop) AS stops FROM trips WHERE minutes > 30 GROUP BY hour',
  nested:
    'SELECT count(*) AS people, avg(w) AS wage FROM (SELECT person, sum(wage) AS w FROM posts GROUP BY person) AS u',
  'public-table':
    'SELECT h.label, count(*) AS n, sum(t.minutes) AS m FROM trips t JOIN hours h ON h.at = t.hour GROUP BY h.label',
  'per-unit-first':
    'SELECT n, count(*) AS people FROM (SELECT person, least(count(*), 9) AS n, sum(minutes) AS m FROM trips GROUP BY person) AS u WHERE m > 60 GROUP BY n',
};

let ranked: PrivateEngine;
let plain: PrivateEngine;
beforeAll(async () => {
  ranked = await openPrivate(DEFAULT_PROFILE, true);
  plain = await openPrivate();
});

test.each(Object.entries(QUERIES))('%s', async (name, text) => {
  const query = text.replaceAll('$$', "'");
  const { gateway } = name === 'rows-left-out' ? plain : ranked;
  const files = golden(query, await gateway.compile(query));
  const folder = join(FOLDER, name);
  if (UPDATE) {
    mkdirSync(folder, { recursive: true });
    for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  }
  expect(existsSync(folder), `${name}: run with SLUICE_GOLDEN=update`).toBe(true);
  for (const [file, content] of Object.entries(files))
    expect(content, file).toBe(readFileSync(join(folder, file), 'utf8'));
});

type Compiled = Awaited<ReturnType<PrivateEngine['gateway']['compile']>>;

function golden(query: string, { private: plan, cells, charges }: Compiled) {
  const layouts = plan.boundaries.map((boundary) => ('layout' in boundary ? boundary.layout : boundary.kind));
  return {
    'query.sql': `${query}\n`,
    'layout.json': `${JSON.stringify({ layouts, charges }, null, 1)}\n`,
    'cells.sql': `${cells.join('\n')}\n`,
  };
}
