import { deepStrictEqual, ok } from 'node:assert/strict';
import { canonicalJson, sha256Hex } from '../../catalog/index.ts';
import { checkReceipt, parseVkey } from '../../gateway/audit/index.ts';
import type { SigningKey } from '../../gateway/custodian/signing-key.ts';
import { listedOf, sealEnvelope, sealList } from '../../gateway/sync/envelope.ts';
import { type SyncKind, shanghaiDay } from '../../policies/index.ts';
import { must } from '../gateway/life/running-gateway.ts';
import { BUREAU, BUREAU_AUTHOR, type Ground, PROVIDER, type Who } from './ground.ts';
import { codeOf, csvOf, declarationOf, offer, planOver, upload } from './offered-tables.ts';
import type { Requirement } from './requirement.ts';

const PROVINCE: Who = { role: 'platform', sub: 'adapter', org: 'province' };
const CITY: Who = { role: 'platform', sub: 'adapter', org: 'city-platform' };
const YESTERDAY = new Date(Date.now() - 86_400_000).toISOString();

/** Declared by one person, confirmed by another; its key by itself, and the bureau. */
async function peer(ground: Ground, who: Who, side: 'outside' | 'inside'): Promise<SigningKey> {
  await ground.permitted(BUREAU, 'POST', '/v1/sync-peers', { id: who.org, side });
  await ground.refused('SYNC_STATE', BUREAU, 'POST', `/v1/sync-peers/${who.org}/confirmation`);
  await ground.permitted(BUREAU_AUTHOR, 'POST', `/v1/sync-peers/${who.org}/confirmation`);
  return ground.key(who);
}

async function sealed(ground: Ground, by: SigningKey, org: string, sequence: number, kind: SyncKind, payload: object) {
  const to = ground.running.gateway.deps.log.verifierKey;
  const said = { from: org, to, key: `${org}-${sequence}`, sequence, kind, at: YESTERDAY };
  return { envelope: await sealEnvelope(by, said, payload), payload };
}

const entryOf = (table: string) => ({
  provider: PROVIDER.org,
  dataset: {
    'dct:identifier': table,
    'dct:title': table,
    'dct:accrualPeriodicity': 'monthly',
    'odrl:hasPolicy': { 'dct:description': '仅限批准的方案' },
    'dct:conformsTo': {
      'csvw:column': declarationOf(table).schema.columns.map(({ title: _title, ...column }) => ({
        'csvw:name': column.name,
        'csvw:title': column.name,
        'sluice:declaration': { '@value': column },
      })),
    },
  },
});

/** Platforms outside and inside the city's domain. */
export const PLATFORMS: readonly Requirement[] = [
  {
    id: '12',
    paragraph: 'T4',
    tests: [
      {
        name: 'from outside come entries and requests, signed, once and in order; each with a receipt in the log, and none with rows',
        async enforce(ground) {
          const key = await peer(ground, PROVINCE, 'outside');
          const path = '/v1/sync-peers/province/envelopes';
          const notice = await sealed(ground, key, 'province', 1, 'batch-notice', {
            resource: 'people',
            sha256: 'a'.repeat(64),
          });
          await ground.refused('SYNC_REFUSED', PROVINCE, 'POST', path, notice);
          const entry = await sealed(ground, key, 'province', 1, 'catalogue-entry', entryOf('r12_draft'));
          await ground.refused('POLICY_ACCESS_DENIED', CITY, 'POST', path, entry);
          const given = await ground.permitted(PROVINCE, 'POST', path, entry);
          const again = await ground.permitted(PROVINCE, 'POST', path, entry);
          deepStrictEqual([given['isRepeat'], again['isRepeat'], again['entry']], [false, true, given['entry']]);
          const verifier = parseVkey(ground.running.gateway.deps.log.verifierKey);
          const bytes = Buffer.from(canonicalJson(given['entry'] as object));
          ok(
            verifier !== null && checkReceipt(String(again['receipt']), bytes, verifier) !== null,
            'its receipt verifies',
          );
          const other = await sealed(ground, key, 'province', 1, 'catalogue-entry', entryOf('r12_other'));
          await ground.refused('SYNC_CONFLICT', PROVINCE, 'POST', path, other);
          const late = await sealed(ground, key, 'province', 3, 'catalogue-entry', entryOf('r12_other'));
          deepStrictEqual((await ground.refused('SYNC_SEQUENCE', PROVINCE, 'POST', path, late))['facts'], {
            sequence: 3,
            expected: 2,
          });
          deepStrictEqual((await ground.permitted(PROVIDER, 'GET', '/v1/resources/r12_draft'))['state'], 'draft');
          await ground.logged('refusal', 'SYNC_CONFLICT');
          return ground.logged('sync', 'province/province-1: catalogue-entry r12_draft');
        },
      },
      {
        name: 'rows count that the platform inside announced and whose day agrees; a mismatch stops every job on them until it is decided',
        async enforce(ground) {
          await offer(ground, 'r12');
          await ground.approve('p12', planOver('r12'));
          const code = () => codeOf(ground, 'p12', 'SELECT count(*) FROM r12');
          deepStrictEqual(await code(), null);
          const key = await peer(ground, CITY, 'inside');
          const announced = csvOf(210);
          const sent = await sealed(ground, key, CITY.org, 1, 'batch-notice', {
            resource: 'r12',
            sha256: sha256Hex(announced),
          });
          await ground.permitted(CITY, 'POST', `/v1/sync-peers/${CITY.org}/envelopes`, sent);
          deepStrictEqual(await code(), 'SYNC_MISMATCH');
          await must(upload(ground, 'r12', announced));
          deepStrictEqual(await code(), null);
          const to = ground.running.gateway.deps.log.verifierKey;
          const item = { ...listedOf(sent.envelope), digest: 'd'.repeat(64) };
          const list = await sealList(key, { from: CITY.org, to, day: shanghaiDay(YESTERDAY), envelopes: [item] });
          const found = await ground.permitted(CITY, 'POST', `/v1/sync-peers/${CITY.org}/reconciliations`, { list });
          deepStrictEqual(found['mismatches'], [{ key: item.key, kind: 'differs' }]);
          deepStrictEqual(await code(), 'SYNC_MISMATCH');
          const decision = `/v1/sync-peers/${CITY.org}/mismatches/${item.key}/decision`;
          await ground.refused('POLICY_ACCESS_DENIED', CITY, 'POST', decision, { verdict: 'accept', reason: 'r' });
          await ground.permitted(BUREAU, 'POST', decision, { verdict: 'accept', reason: 'their list was wrong' });
          deepStrictEqual(await code(), null);
          return ground.logged('sync', `${CITY.org}/${item.key}: differs, accept: their list was wrong`);
        },
      },
    ],
  },
];
