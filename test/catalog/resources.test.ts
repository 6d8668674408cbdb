import { describe, expect, it } from 'vitest';
import {
  abandonVersion,
  beginVersion,
  checkTableSchema,
  commitVersion,
  contentHash,
  createResource,
  findVersion,
  getResource,
  listResources,
  listVersions,
  markVersionDestroyed,
  type NewResource,
  type Store,
  setResourceState,
  writingVersions,
} from '../../catalog/index.ts';
import type { ColumnSchema, TableSchema } from '../../policies/index.ts';
import { list, memoryStore, POWER, seed } from './memory-store.ts';

const title = { zh: '气', en: 'gas' };
const GAS: NewResource = {
  entry: { no: 3, title },
  title,
  provider: 'grid',
  frequency: 'monthly',
  conditions: 'enterprises only',
  format: 'table',
  createdBy: 'ann',
  schema: { ...POWER, table: 'gas' },
};

async function seeded(): Promise<Store> {
  const store = memoryStore();
  await store.commit(seed);
  return store;
}

const written = (resource: string, version: number) => ({
  resource,
  version,
  rows: 10,
  bytes: 100,
  rowsPerUnitMax: { enterprise: 3 },
  contentSha256: 'ab',
  rowKeyScheme: 'scheme',
  report: { rejected: [] },
});

describe('a resource', () => {
  it('is registered as a draft, and read back as it was declared', async () => {
    const store = await seeded();
    const made = await store.commit((tx) => createResource(tx, GAS));
    expect(made).toMatchObject({ ...GAS, id: 'gas', state: 'draft', currentVersion: null });
    expect(made.schemaHash).toBe(contentHash(GAS.schema));
    expect(store.read((db) => getResource(db, 'gas'))).toEqual(made);
  });

  it('is registered once, by a provider', async () => {
    const store = await seeded();
    await store.commit((tx) => createResource(tx, GAS));
    await expect(store.commit((tx) => createResource(tx, GAS))).rejects.toMatchObject({ code: 'RESOURCE_EXISTS' });
    for (const provider of ['dev', 'nobody']) {
      const registering = store.commit((tx) => createResource(tx, { ...GAS, provider }));
      await expect(registering).rejects.toMatchObject({ code: 'RESOURCE_INVALID', facts: { path: 'provider' } });
    }
    expect(() => store.read((db) => getResource(db, 'gone'))).toThrow(
      expect.objectContaining({ code: 'RESOURCE_NOT_FOUND' }),
    );
  });

  it('goes from draft to listed to withdrawn, never back', async () => {
    const store = await seeded();
    await store.commit((tx) => createResource(tx, GAS));
    const to = (state: 'draft' | 'listed' | 'withdrawn') => store.commit((tx) => setResourceState(tx, 'gas', state));
    await expect(to('listed')).rejects.toMatchObject({ code: 'GATE_CLOSED' });
    await store.commit((tx) => list(tx, 'gas'));
    expect((await to('listed')).state).toBe('listed');
    await expect(to('draft')).rejects.toMatchObject({ code: 'RESOURCE_STATE' });
    expect((await to('withdrawn')).state).toBe('withdrawn');
    await expect(to('listed')).rejects.toMatchObject({ code: 'RESOURCE_STATE' });
    await expect(store.commit((tx) => beginVersion(tx, 'gas'))).rejects.toMatchObject({ code: 'RESOURCE_STATE' });
  });

  it('is listed by provider and state, in pages', async () => {
    const store = await seeded();
    await store.commit((tx) => createResource(tx, GAS));
    const ids = (page: Parameters<typeof listResources>[1]) =>
      store.read((db) => listResources(db, page)).map(({ id }) => id);
    expect(ids({})).toEqual(['gas', 'power', 'water']);
    expect(ids({ after: 'gas', limit: 1 })).toEqual(['power']);
    expect(ids({ provider: 'grid', state: 'listed' })).toEqual(['power']);
  });
});

describe('versions', () => {
  it('follow each other, one current', async () => {
    const store = await seeded();
    for (const [version, superseded] of [
      [1, null],
      [2, 1],
    ] as const) {
      expect(await store.commit((tx) => beginVersion(tx, 'power'))).toBe(version);
      expect(await store.commit((tx) => commitVersion(tx, written('power', version)))).toEqual({ superseded });
    }
    expect(store.read((db) => getResource(db, 'power')).currentVersion).toBe(2);
    const versions = store.read((db) => listVersions(db, 'power'));
    expect(versions.map(({ version, state }) => [version, state])).toEqual([
      [2, 'current'],
      [1, 'superseded'],
    ]);
    expect(versions[0]).toMatchObject({ rows: 10, rowsPerUnitMax: { enterprise: 3 }, rowKeyScheme: 'scheme' });
  });

  it('are written one at a time, and leave their number behind when abandoned', async () => {
    const store = await seeded();
    await store.commit((tx) => beginVersion(tx, 'power'));
    await expect(store.commit((tx) => beginVersion(tx, 'power'))).rejects.toMatchObject({ code: 'RESOURCE_STATE' });
    expect(store.read(writingVersions).map(({ version }) => version)).toEqual([1]);
    await store.commit((tx) => abandonVersion(tx, 'power', 1));
    expect(await store.commit((tx) => beginVersion(tx, 'power'))).toBe(2);
    expect(store.read((db) => getResource(db, 'power')).currentVersion).toBeNull();
  });

  it('end with their data', async () => {
    const store = await seeded();
    await store.commit((tx) => commitVersion(tx, written('power', beginVersion(tx, 'power'))));
    await store.commit((tx) => markVersionDestroyed(tx, 'power', 1));
    expect(store.read((db) => getResource(db, 'power')).currentVersion).toBeNull();
    expect(store.read((db) => findVersion(db, 'power', 1))?.state).toBe('destroyed');
    for (const change of [abandonVersion, markVersionDestroyed]) {
      await expect(store.commit((tx) => change(tx, 'power', 1))).rejects.toThrow();
    }
    await expect(store.commit((tx) => commitVersion(tx, written('power', 1)))).rejects.toThrow();
  });
});

describe('a declaration', () => {
  const column: ColumnSchema = { name: 'a', title, type: 'integer', level: 'general-1', role: 'attribute' };
  const table = (...columns: ColumnSchema[]): TableSchema => ({ table: 't', level: 'general-1', columns });
  const encryption = { scheme: 'ashe-v1', key: 'custodian-1', signer: 'A'.repeat(43) } as const;
  const secret: ColumnSchema = {
    ...column,
    type: 'decimal',
    level: 'important',
    role: 'measure',
    bounds: { min: -1000, max: 1e6 },
    nullable: false,
    encryption,
  };
  const { bounds: _, ...boundless } = secret;
  const { encryption: __, ...plain } = secret;

  it('that makes sense passes', () => {
    expect(() => checkTableSchema(POWER)).not.toThrow();
    expect(() => checkTableSchema(table(column))).not.toThrow();
    expect(() => checkTableSchema(table(secret))).not.toThrow();
  });

  const wrong: readonly (readonly [string, TableSchema])[] = [
    ['schema.table', { ...table(column), table: 'T' }],
    ['schema.table', { ...table(column), table: '1t' }],
    ['schema.columns', table()],
    ['schema.columns[0].name', table({ ...column, name: 'a"b' })],
    ['schema.columns[1].name', table(column, column)],
    ['schema.columns[0].type', table({ ...column, role: 'identifier', type: 'date' })],
    ['schema.columns[0].type', table({ ...column, role: 'measure', type: 'text' })],
    ['schema.columns[0].unit', table({ ...column, unit: 'person' })],
    ['schema.columns[0].domain', table({ ...column, domain: 'vin' })],
    ['schema.columns[0].scale', table({ ...column, scale: 2 })],
    ['schema.columns[0].scale', table({ ...column, type: 'decimal', scale: 10 })],
    ['schema.columns[0].lengthMax', table({ ...column, lengthMax: 4 })],
    ['schema.columns[0].lengthMax', table({ ...column, type: 'text', lengthMax: 0 })],
    ['schema.columns[0].bounds', table({ ...column, bounds: { min: 2, max: 1 } })],
    ['schema.columns[0].bounds', table({ ...column, bounds: { min: 0, max: Number.POSITIVE_INFINITY } })],
    ['schema.columns[0].bounds', table({ ...column, type: 'text', bounds: { min: 0, max: 1 } })],
    ['schema.columns[0].values', table({ ...column, type: 'text', values: [] })],
    ['schema.columns[0].values', table({ ...column, type: 'text', values: ['x', 'x'] })],
    ['schema.columns[0].values', table({ ...column, type: 'text', role: 'identifier', values: ['x'] })],
    ['schema.columns[0].encryption', table({ ...column, level: 'general-4', encryption })],
    ['schema.columns[0].encryption', table({ ...column, level: 'core', encryption })],
    ['schema.columns[0].encryption', table(plain)],
    ['schema.columns[0].role', table({ ...secret, role: 'sensitive' })],
    ['schema.columns[0].type', table({ ...secret, type: 'text' })],
    ['schema.columns[0].bounds', table(boundless)],
    ['schema.columns[0].bounds', table({ ...secret, bounds: { min: 0, max: 2e11 } })],
    ['schema.columns[0].bounds', table({ ...secret, bounds: { min: 0.001, max: 0.002 } })],
    ['schema.columns[0].nullable', table({ ...secret, nullable: true })],
    ['schema.columns[0].encryption.key', table({ ...secret, encryption: { ...encryption, key: '../x' } })],
    ['schema.columns', table(secret, { ...secret, name: 'b', encryption: { ...encryption, scheme: 'bgv-v1' } })],
    ['schema.columns[0].encryption.signer', table({ ...secret, encryption: { ...encryption, signer: 'x' } })],
    ['schema.columns', table(secret, { ...secret, name: 'b', encryption: { ...encryption, signer: 'B'.repeat(43) } })],
  ];

  it.each(wrong)('that is wrong at %s is refused there', (path, schema) => {
    expect(() => checkTableSchema(schema)).toThrow(
      expect.objectContaining({ code: 'RESOURCE_INVALID', facts: expect.objectContaining({ path }) as object }),
    );
  });
});
