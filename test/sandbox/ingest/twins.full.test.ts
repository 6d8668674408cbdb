import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { column, type IngestFixture, openIngestFixture, table } from '../ingest-fixture.ts';

/**
 * Goal: a twin says what its column says: queries group by the one in the place of the other.
 * Method: rows through the fast pass and, beside a bad row, through the exact one; twins against what they stand for.
 */
let fixture: IngestFixture;
beforeEach(async () => {
  fixture = await openIngestFixture();
});
afterEach(() => fixture.close());

const SCHEMA = table(
  column('uscc', 'text', { role: 'identifier', unit: 'enterprise' }),
  column('season', 'text', { role: 'dimension', values: ['spring', "l'été", '秋'] }),
  column('note', 'text'),
);
const ROWS = Array.from({ length: 300 }, (_, i) => {
  const season = ['spring', "l'été", '秋', ''][i % 4];
  return `${i % 7 === 0 ? '' : `U${i % 50}`},${season},n${i}`;
});
const HEADER = 'uscc,season,note\n';

describe('twins', () => {
  it.each([
    ['the fast pass', ROWS, 0],
    ['the exact pass', [...ROWS, 'U1,winter,x'], 1],
  ])('say what their columns say: %s', async (_title, rows, rejectedRows) => {
    const report = await fixture.upload(SCHEMA, `${HEADER}${rows.join('\n')}\n`);
    expect(report).toMatchObject({ rows: 300, rejectedRows, twins: ['_class_uscc', '_code_season'] });
    const select = `count(*), count(*) FILTER (WHERE season IS DISTINCT FROM _code_season::VARCHAR),
      count(*) FILTER (WHERE _class_uscc <> CASE WHEN uscc IS NULL THEN 64 ELSE hash(uscc) & 63 END),
      count(*) FILTER (WHERE _class_uscc IS NULL), count(*) FILTER (WHERE _code_season IS NULL), count(DISTINCT _class_uscc) > 10`;
    const [counts] = await fixture.read<readonly unknown[]>(1, select);
    expect(counts).toEqual([300n, 0n, 0n, 0n, 75n, true]);
  });

  it('are none where no column names a unit or lists its values', async () => {
    const report = await fixture.upload(table(column('note', 'text')), 'note\na\n');
    expect(report.twins).toEqual([]);
  });
});
