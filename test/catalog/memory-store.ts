import {
  type AuditEntry,
  createResource,
  type Db,
  decideGate,
  getResource,
  isGrantable,
  openStore,
  proposeBatch,
  proposeGrant,
  putOrganisation,
  type Store,
  setResourceState,
  signBatch,
  signGrant,
} from '../../catalog/index.ts';
import { GATES, type TableSchema } from '../../policies/index.ts';

/** A store without a file, whose clock goes on by a second at each look. */
export function memoryStore(): Store {
  let time = Date.parse('2026-03-01T00:00:00.000Z');
  const now = () => {
    time += 1_000;
    return new Date(time);
  };
  return openStore({ path: ':memory:', now });
}

export const POWER: TableSchema = {
  table: 'power',
  level: 'general-2',
  columns: [
    {
      name: 'uscc',
      title: { zh: '信用代码', en: 'credit code' },
      type: 'text',
      level: 'general-2',
      role: 'identifier',
      unit: 'enterprise',
    },
    {
      name: 'kwh',
      title: { zh: '用电量', en: 'energy' },
      type: 'decimal',
      level: 'general-3',
      role: 'measure',
      bounds: { min: 0, max: 1e9 },
    },
  ],
};
export const WATER: TableSchema = { ...POWER, table: 'water' };

const title = { zh: '题', en: 'title' };

/** Two providers with a listed table each, a developer, the bureau. */
export function seed(tx: Db): void {
  for (const id of ['grid', 'waterworks']) putOrganisation(tx, { id, title, kind: 'provider' });
  putOrganisation(tx, { id: 'dev', title, kind: 'developer' });
  putOrganisation(tx, { id: 'bureau', title, kind: 'bureau' });
  for (const [schema, provider] of [
    [POWER, 'grid'],
    [WATER, 'waterworks'],
  ] as const) {
    createResource(tx, {
      entry: { no: 1, title },
      title,
      provider,
      frequency: 'monthly',
      conditions: 'under an approved plan',
      format: 'table',
      schema,
      createdBy: 'ann',
    });
    list(tx, schema.table);
  }
}

/** By three people, as a listing takes it, and onto the list of authorised operation. */
export function list(tx: Db, id: string): void {
  for (const gate of GATES) decideGate(tx, id, { gate, verdict: 'approve', org: 'office', by: gate, comment: '' });
  setResourceState(tx, id, 'listed');
  const provider = getResource(tx, id).provider;
  if (isGrantable(tx, id)) return;
  const { batch } = proposeBatch(tx, { comment: '', org: 'bureau', by: 'ann', add: [id], remove: [] });
  signBatch(tx, batch, { org: 'bureau', role: 'bureau', by: 'sam', verdict: 'approve' });
  signBatch(tx, batch, { org: provider, role: 'provider', by: 'sam', verdict: 'approve' });
}

export function entry(change: Partial<AuditEntry> = {}): AuditEntry {
  return { v: 1, kind: 'intent', at: '2026-03-01T00:00:00.000Z', ...change };
}

/** A whole grant `g` of both providers to the operator `op`, signed by all. Signatures are the gateway's to check: here there are none. */
export function grantEverything(tx: Db): void {
  putOrganisation(tx, { id: 'op', title, kind: 'operator' });
  proposeGrant(tx, {
    id: 'g',
    kind: 'whole',
    operator: 'op',
    providers: ['grid', 'waterworks'],
    tables: [],
    classes: ['governance', 'welfare', 'industry'],
    purpose: 'p',
    validFrom: '2026-01-01',
    validUntil: '2030-12-31',
    org: 'bureau',
    author: 'ann',
  });
  const signature = { by: 'sam', thumbprint: 't', jws: 'j' };
  signGrant(tx, 'g', { ...signature, org: 'bureau', role: 'bureau' });
  for (const org of ['grid', 'waterworks']) signGrant(tx, 'g', { ...signature, org, role: 'provider' });
}
