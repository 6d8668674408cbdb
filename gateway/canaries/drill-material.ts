import type { NewPlan } from '#catalog';
import { DRILL_ORGANISATIONS, type TableSchema } from '#policies';
import type { Caller } from '../identity/index.ts';
import type { ResourceDeclaration } from '../resources/resource-service.ts';
import type { Upload } from '../resources/upload-service.ts';

/** What a drill is played with: people that no token can name, a table of made-up rows, a plan over it. */

export type DrillPeople = Readonly<Record<keyof typeof DRILL_ORGANISATIONS, Caller>>;

/** @param officer who ordered the drill plays the security office in it, by the same name. */
export function drillPeople(id: string, officer: Caller): DrillPeople {
  const person = (role: keyof typeof DRILL_ORGANISATIONS, sub: string): Caller => ({
    sub,
    org: DRILL_ORGANISATIONS[role],
    role,
  });
  return {
    provider: person('provider', `provider-${id}`),
    developer: person('developer', `developer-${id}`),
    bureau: person('bureau', `bureau-${id}`),
    security: person('security', officer.sub),
  };
}

const TITLE = { zh: '演练', en: 'drill' };

export function declarationOf(table: string): ResourceDeclaration {
  const column = { level: 'general-1', nullable: false } as const;
  const schema: TableSchema = {
    table,
    level: 'general-1',
    columns: [
      { ...column, name: 'n', title: { zh: '序号', en: 'number' }, type: 'integer', role: 'attribute' },
      { ...column, name: 'note', title: { zh: '备注', en: 'note' }, type: 'text', role: 'attribute' },
    ],
  };
  return {
    entry: { no: null, title: TITLE },
    title: TITLE,
    frequency: 'once',
    conditions: 'drill',
    format: 'csv',
    schema,
  };
}

const ROWS = 20;

/** The canary stands in the last of some rows. */
export function uploadOf(value: string): Upload {
  const rows = Array.from({ length: ROWS }, (_, n) => `${n},${n === ROWS - 1 ? value : `row ${n}`}`);
  async function* body(): AsyncIterable<Uint8Array> {
    yield Buffer.from(['n,note', ...rows, ''].join('\n'));
  }
  return {
    format: 'csv',
    encoding: 'utf-8',
    body: body(),
    declaredBytes: null,
    declaredSha256: null,
    manifest: null,
    append: null,
    rejectShareMax: 0,
    signal: new AbortController().signal,
  };
}

/** INVARIANT: a plan of the drill's own organisation, over the drill's own table. */
export function planOf(id: string, table: string, { sub, org }: Caller): NewPlan {
  return {
    id,
    title: 'drill',
    purpose: 'drill',
    class: 'governance',
    org,
    author: sub,
    tables: [{ resource: table, columns: ['n', 'note'] }],
    unitsMin: null,
    jobsMax: null, // a limit would stand as an exhausted account in the operator's figures, for ever
    validFrom: '2020-01-01',
    validUntil: '2099-12-31',
  };
}
