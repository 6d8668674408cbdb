/** Goal: the custodian reads exactly what the provider packed; a package that is changed in any byte, cut, mixed or for another key is none. */
import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import { beforeAll, expect, it } from 'vitest';
import { seededWords } from '../../../bench/seeded-words.ts';
import type { ColumnSchema } from '../../../policies/table-schema.ts';
import { signManifest, thumbprintOf } from '../../../sandbox/homomorphic/block-manifest.ts';
import {
  type CustodianStatement,
  NO_UNIT,
  openCustodianPackage,
  packageHead,
  sealChunk,
} from '../../../sandbox/homomorphic/custodian-package.ts';

const signer = generateKeyPairSync('ed25519');
const custodian = generateKeyPairSync('x25519');
const jwk = custodian.publicKey.export({ format: 'jwk' }) as JWK;
const key = Buffer.alloc(32, 5);
const title = { zh: 'a', en: 'a' };
const columns: readonly ColumnSchema[] = [
  { name: 'who', title, type: 'text', level: 'general-3', role: 'identifier', unit: 'person' },
  {
    name: 'paid',
    title,
    type: 'integer',
    level: 'important',
    role: 'measure',
    nullable: false,
    bounds: { min: 0, max: 9 },
    encryption: { scheme: 'ashe-v1', key: 'k', signer: 'A'.repeat(43) },
  },
];
const NUMBERS = Uint32Array.of(0, 1, NO_UNIT, 0, 2);
let statement: CustodianStatement;
let chunks: readonly Buffer[];
let whole: Buffer;
let thumbprint: string;
beforeAll(async () => {
  thumbprint = await thumbprintOf(signer.publicKey);
  const manifest = await signManifest(
    {
      format: 'sluice-blocks-2',
      dataset: 'd',
      version: '0'.repeat(32),
      rows: 5,
      words: ['paid'],
      blocksSha256: 'a'.repeat(64),
    },
    signer,
  );
  chunks = [
    sealChunk(key, { chunk: 0, column: 0, firstRow: 0, numbers: NUMBERS.subarray(0, 3) }),
    sealChunk(key, { chunk: 1, column: 0, firstRow: 3, numbers: NUMBERS.subarray(3) }),
  ];
  const dataKey = Buffer.alloc(32, 9).toString('base64url');
  statement = {
    format: 'sluice-custodian-1',
    manifest,
    columns: [...columns],
    units: [{ column: 'who', distinct: 3 }],
    dataKey,
    chunkKey: key.toString('base64url'),
    chunks: 2,
  };
  whole = Buffer.concat([await packageHead(statement, signer, jwk), ...chunks]);
});

it('comes out as it went in', async () => {
  const opened = await openCustodianPackage(whole, custodian.privateKey, thumbprint);
  expect(opened).toMatchObject({ manifest: { dataset: 'd', rows: 5 }, columns: [columns[1]] });
  expect(opened?.units).toEqual([{ column: columns[0], distinct: 3, numbers: NUMBERS }]);
  expect([...(opened?.dataKey ?? [])]).toEqual(Array.from({ length: 32 }, () => 9));
});

it('is none with a changed byte, wherever it is', async () => {
  const next = seededWords(20_261_127n);
  const places = [...Array.from({ length: 200 }, () => Number(next() % BigInt(whole.length))), whole.length - 1, 0];
  for (const at of places) {
    const changed = Buffer.from(whole);
    changed[at]! ^= 1;
    expect(await openCustodianPackage(changed, custodian.privateKey, thumbprint), `byte ${at}`).toBeNull();
  }
});

it('is none for another custodian, by another signer, cut, longer, or with chunks in another order', async () => {
  const stranger = generateKeyPairSync('x25519').privateKey;
  expect(await openCustodianPackage(whole, stranger, thumbprint)).toBeNull();
  expect(await openCustodianPackage(whole, custodian.privateKey, 'A'.repeat(43))).toBeNull();
  const head = await packageHead(statement, signer, jwk);
  const [first, second] = chunks as [Buffer, Buffer];
  for (const parts of [[first], [second, first], [first, second, second], [first, first]]) {
    expect(await openCustodianPackage(Buffer.concat([head, ...parts]), custodian.privateKey, thumbprint)).toBeNull();
  }
});

it('is none where units are missing or have numbers beyond their count', async () => {
  for (const wrong of [
    { units: [{ column: 'who', distinct: 2 }] },
    { units: [{ column: 'other', distinct: 3 }] },
    { chunks: 1 },
  ]) {
    const head = await packageHead({ ...statement, ...wrong }, signer, jwk);
    expect(await openCustodianPackage(Buffer.concat([head, ...chunks]), custodian.privateKey, thumbprint)).toBeNull();
  }
});
