/** Goal: ciphertext is stored word by word as its provider signed it, or not at all. Each refusal changes one thing of an upload that is taken. */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TableSchema } from '../../../policies/table-schema.ts';
import { openAshe } from '../../../sandbox/homomorphic/ashe/ashe-v1.ts';
import { openBlockDigests } from '../../../sandbox/homomorphic/block-digests.ts';
import {
  type BlockManifest,
  type Signer,
  signManifest,
  thumbprintOf,
} from '../../../sandbox/homomorphic/block-manifest.ts';
import type { UploadProblem } from '../../../sandbox/ingest/upload-problem.ts';
import { column, type IngestFixture, openIngestFixture, table } from '../ingest-fixture.ts';

const ROWS = 70_000; // more than a block
const DATA_KEY = new Uint8Array(32).fill(7);
const VERSION = '0123456789abcdef0123456789abcdef';

let fixture: IngestFixture;
let signer: Signer;
let schema: TableSchema;
let words: readonly BigInt64Array[];
let manifest: BlockManifest;
beforeAll(async () => {
  fixture = await openIngestFixture();
  signer = generateKeyPairSync('ed25519');
  schema = await schemaFor(signer);
  words = await encryptedWords();
  const digests = openBlockDigests(3);
  digests.add(words);
  const names = ['paid', '_sq_paid', '_sqh_paid'];
  manifest = {
    format: 'sluice-blocks-2',
    dataset: 'elec',
    version: VERSION,
    rows: ROWS,
    words: names,
    blocksSha256: digests.root(),
  };
});
afterAll(() => fixture.close());

async function schemaFor({ publicKey }: Signer): Promise<TableSchema> {
  const encryption = { scheme: 'ashe-v1', key: 'k', signer: await thumbprintOf(publicKey), squares: true } as const;
  const paid = column('paid', 'integer', {
    level: 'important',
    role: 'measure',
    bounds: { min: 0, max: 1e6 },
    nullable: false,
    encryption,
  });
  return table(column('region', 'text'), paid);
}

async function encryptedWords(): Promise<readonly BigInt64Array[]> {
  const values = BigInt64Array.from({ length: ROWS }, (_, row) => BigInt(row % 1000));
  const of = (kind: 'value' | 'square') =>
    openAshe({ dataKey: DATA_KEY, column: { dataset: 'elec', version: VERSION, column: 'paid', of: kind } });
  const squares = await of('square').encrypt(0, values);
  const lane = (offset: number) => new BigInt64Array(ROWS).map((_, row) => squares[2 * row + offset]!);
  return [await of('value').encrypt(0, values), lane(0), lane(1)];
}

/** `change` makes another text of a row. */
function csv(change: (row: number, fields: string[]) => string[] = (_, fields) => fields): string {
  const lines = Array.from({ length: ROWS }, (_, row) =>
    change(row, ['r', String(row), ...words.map((column) => String(column[row]))]).join(','),
  );
  return `region,_idx,paid,_sq_paid,_sqh_paid\n${lines.join('\n')}\n`;
}

it('what was signed is stored, in segments as in one, and a row has one key in every encryption', async () => {
  const jws = await signManifest(manifest, signer);
  const report = await fixture.upload(
    schema,
    csv(),
    { manifest: jws },
    { segmentRowsMax: 20_000, chunkBytes: 1 << 20 },
  );
  expect(report).toMatchObject({ rows: ROWS, rejectedRows: 0, encrypted: { version: VERSION, manifest: jws } });
  const stored = await fixture.read<bigint[]>(1, '_idx, paid, _sq_paid, _sqh_paid');
  expect(stored.length).toBe(ROWS);
  expect(
    stored.every((row, at) => row[0] === BigInt(at) && words.every((column, c) => row[c + 1] === column[at])),
  ).toBe(true);
  expect(new Set(await fixture.keys(1)).size).toBe(1); // every row says `r`
});

describe('is refused, and leaves nothing:', () => {
  const changed = (at: number, index: number, text: (old: string) => string) => (row: number, fields: string[]) =>
    row === at ? fields.with(index, text(fields[index]!)) : fields;
  const plusOne = (text: string) => String(BigInt(text) ^ 1n);
  const cases: readonly (readonly [string, UploadProblem, () => Promise<{ body?: string; jws?: string | null }>])[] = [
    ['no manifest', 'manifest-missing', async () => ({ jws: null })],
    [
      'a manifest of another key',
      'manifest-signature',
      async () => ({ jws: await signManifest(manifest, generateKeyPairSync('ed25519')) }),
    ],
    [
      'a changed manifest',
      'manifest-signature',
      async () => ({ jws: (await signManifest(manifest, signer)).replace('.', '.e') }),
    ],
    [
      'the manifest of another table',
      'manifest-other',
      async () => ({ jws: await signManifest({ ...manifest, dataset: 'x' }, signer) }),
    ],
    [
      'a manifest of fewer columns',
      'manifest-other',
      async () => ({ jws: await signManifest({ ...manifest, words: ['paid'] }, signer) }),
    ],
    [
      'ciphertext of the former layout',
      'manifest-former',
      async () => ({ jws: await signManifest({ ...manifest, format: 'sluice-blocks-1' }, signer) }),
    ],
    ['a bit of the first block', 'blocks-differ', async () => ({ body: csv(changed(3, 2, plusOne)) })],
    [
      'a bit of a square’s high word in the last row',
      'blocks-differ',
      async () => ({ body: csv(changed(ROWS - 1, 4, plusOne)) }),
    ],
    ['an index twice', 'row-index', async () => ({ body: csv(changed(5, 1, () => '4')) })],
    [
      'the last row left out',
      'blocks-differ',
      async () => ({ body: `${csv().split('\n').slice(0, -2).join('\n')}\n` }),
    ],
  ];

  it.each(cases)('%s', async (_, problem, make) => {
    const { body = csv(), jws = await signManifest(manifest, signer) } = await make();
    const files = fixture.files().length;
    await expect(fixture.upload(schema, body, { manifest: jws, version: 2 })).rejects.toMatchObject({
      code: 'UPLOAD_CIPHERTEXT',
      facts: { problem },
    });
    expect(fixture.files().length).toBe(files);
  });

  it('a row that is none, however many may be rejected', async () => {
    const jws = await signManifest(manifest, signer);
    const upload = fixture.upload(schema, csv(changed(9, 2, () => String(2n ** 63n))), {
      manifest: jws,
      version: 2,
      rejectShareMax: 1,
    });
    await expect(upload).rejects.toMatchObject({ code: 'UPLOAD_ROWS_REJECTED' });
  });
});
