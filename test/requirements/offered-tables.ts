import { GATES } from '../../policies/index.ts';
import { must } from '../gateway/life/running-gateway.ts';
import { BUREAU, BUREAU_AUTHOR, DEVELOPER, type Ground, PROVIDER, SECURITY, type Who } from './ground.ts';

/** Tables for requirements: each uses one of its own, so that none depends on another. */

export const title = { zh: '题', en: 'title' };

export const GATEKEEPERS: readonly Who[] = [SECURITY, { ...SECURITY, sub: 'sue' }, BUREAU];

export function declarationOf(table: string, change: object = {}) {
  const column = { title, type: 'integer', role: 'measure', bounds: { min: 0, max: 99 } };
  return {
    title,
    frequency: 'monthly',
    conditions: '仅限批准的方案',
    schema: {
      table,
      columns: [
        { name: 'id', title, type: 'text', level: 'general-2', role: 'identifier', unit: 'person' },
        { ...column, name: 'n', level: 'general-2', ...change },
      ],
    },
  };
}

export const csvOf = (rows: number) =>
  `id,n\n${Array.from({ length: rows }, (_, row) => `P${row},${row % 50}`).join('\n')}\n`;

export async function upload(ground: Ground, table: string, csv = csvOf(200)): Promise<Response> {
  const token = await ground.running.token(PROVIDER.role, PROVIDER.sub, PROVIDER.org);
  return ground.running.request(token, 'PUT', `/v1/resources/${table}/data`, csv, { 'content-type': 'text/csv' });
}

export async function passGates(ground: Ground, table: string): Promise<void> {
  for (const [place, gate] of GATES.entries()) {
    const path = `/v1/resources/${table}/gates/${gate}`;
    await ground.permitted(GATEKEEPERS[place]!, 'POST', path, { verdict: 'approve' });
  }
}

export async function putOnList(ground: Ground, table: string): Promise<void> {
  const { batch } = await ground.permitted(BUREAU_AUTHOR, 'POST', '/v1/authorized-list/batches', {
    comment: 'c',
    add: [table],
  });
  for (const who of [BUREAU, PROVIDER])
    await ground.permitted(who, 'POST', `/v1/authorized-list/batches/${String(batch)}/signatures`, {
      verdict: 'approve',
    });
}

/** A table that is registered, filled, let through, listed and on the list: a plan may ask for it. */
export async function offer(ground: Ground, table: string): Promise<void> {
  await ground.permitted(PROVIDER, 'POST', '/v1/resources', declarationOf(table));
  await must(upload(ground, table));
  await passGates(ground, table);
  await ground.permitted(BUREAU, 'POST', `/v1/resources/${table}/listing`);
  await putOnList(ground, table);
}

export const planOver = (table: string) => ({ tables: [{ resource: table, columns: ['id', 'n'] }] });

export const codeOf = async (ground: Ground, plan: string, sql: string) =>
  (await ground.ask(DEVELOPER, plan, sql)).code;
