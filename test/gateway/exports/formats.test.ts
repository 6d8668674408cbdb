/**
 * Goal: every format says what the entry says, whatever stands in it, in one line that its own readers read back.
 * Method: an entry of every kind and entries full of separators and line ends, read back by small readers of each format.
 */
import { describe, expect, it } from 'vitest';
import { AUDIT_KINDS, type AuditEntry, canonicalJson } from '../../../catalog/index.ts';
import { FORMAT_LINE, LINE_FORMATS, ocsfEvent, otlpLogs } from '../../../gateway/exports/formats.ts';
import { recordOf } from '../../../gateway/exports/record.ts';

const NASTY = 'a|b=c\\d"e]f\ng\r\nh 信贷 \u2028 <script>';
const ENTRY: AuditEntry = {
  v: 1,
  kind: 'outcome',
  at: '2026-03-04T02:00:00.123Z',
  job: 'j1',
  who: { sub: 'alice', org: 'acme', role: 'developer' },
  plan: 'S1',
  tables: [{ resource: 'water', version: 3, columns: ['m3_used'], level: 'general-3' }],
  mode: 'perturbed',
  decision: 'deny',
  code: 'SANDBOX_TIMEOUT',
  queryHash: 'ab',
  note: NASTY,
};
const record = (entry: AuditEntry = ENTRY, index = 41) => recordOf('log.example', { index, entry });

describe.each(LINE_FORMATS)('%s', (format) => {
  it('is one line, and ends in one', () => {
    const line = FORMAT_LINE[format](record());
    expect(line.endsWith('\n')).toBe(true);
    expect(line.slice(0, -1)).not.toMatch(/[\r\n]/);
  });

  it('takes an entry of every kind, with as little as it must have', () => {
    for (const kind of AUDIT_KINDS) {
      expect(FORMAT_LINE[format](record({ v: 1, kind, at: ENTRY.at })).length).toBeGreaterThan(20);
    }
  });

  it('has the uid by which a receiver knows it again', () => {
    expect(FORMAT_LINE[format](record())).toContain('log.example#41');
    expect(FORMAT_LINE[format](record())).toBe(FORMAT_LINE[format](record()));
  });
});

it('ndjson: the whole entry, and columns beside it', () => {
  const read = JSON.parse(FORMAT_LINE.ndjson(record())) as Record<string, unknown>;
  expect(read).toMatchObject({
    index: 41,
    person: 'alice',
    columns: ['water.m3_used'],
    levels: ['general-3'],
    note: NASTY,
  });
  expect(read['risks']).toEqual(['denied', 'sensitive']);
  expect(read['entry']).toBe(canonicalJson(ENTRY));
});

it('ocsf: Datastore Activity with its required members', () => {
  const event = ocsfEvent(record());
  expect(event).toMatchObject({
    class_uid: 6005,
    category_uid: 6,
    activity_id: 1,
    type_uid: 600_501,
    time: Date.parse(ENTRY.at),
    severity_id: 3,
    status_id: 2,
    metadata: { version: '1.3.0', uid: 'log.example#41', sequence: 41 },
    actor: { user: { uid: 'acme/alice' } },
    table: { name: 'water' },
  });
  expect(ocsfEvent(record({ ...ENTRY, kind: 'intent' })).type_uid).toBe(600_504);
  expect(ocsfEvent(record({ ...ENTRY, kind: 'start' })).type_uid).toBe(600_599);
});

/**
 * What OCSF 1.3.0 publishes of class 6005 and of the objects that we use (schema.ocsf.io/1.3.0/classes/datastore_activity), copied by
 * hand, since no package of npm has it (a whole log was held against PyPI's ocsf-json-schema, of 1.3.0, 1.5.0 and 1.8.0, without a fault): what is required, of which at least one must be there, and what may be there at all.
 */
const OCSF: Readonly<Record<string, { required?: string[]; oneOf?: string[]; known: string[] }>> = {
  event: {
    required: [
      'activity_id',
      'actor',
      'category_uid',
      'class_uid',
      'metadata',
      'severity_id',
      'src_endpoint',
      'time',
      'type_uid',
    ],
    oneOf: ['database', 'databucket', 'table'],
    known: [
      'activity_name',
      'category_name',
      'class_name',
      'message',
      'query_info',
      'status',
      'status_code',
      'status_id',
      'type_name',
      'unmapped',
    ],
  },
  metadata: { required: ['product', 'version'], known: ['correlation_uid', 'log_name', 'sequence', 'uid'] },
  product: { required: ['vendor_name'], oneOf: ['name', 'uid'], known: [] },
  actor: { oneOf: ['process', 'user', 'session', 'app_name', 'app_uid'], known: [] },
  user: { oneOf: ['account', 'name', 'uid'], known: ['groups', 'org'] },
  org: { oneOf: ['name', 'uid'], known: [] },
  groups: { oneOf: ['name', 'uid'], known: [] },
  src_endpoint: { oneOf: ['ip', 'uid', 'name', 'hostname', 'svc_name'], known: [] },
  database: { required: ['type_id'], oneOf: ['name', 'uid'], known: ['type'] },
  table: { oneOf: ['name', 'uid'], known: [] },
  query_info: { required: ['query_string'], oneOf: ['name', 'uid'], known: [] },
};
const OCSF_ACTIVITIES = [
  'Read',
  'Update',
  'Connect',
  'Query',
  'Write',
  'Create',
  'Delete',
  'List',
  'Encrypt',
  'Decrypt',
];

/** What the object has wrong; `unmapped` is ours. */
function ocsfFaults(name: string, value: object): readonly string[] {
  const rule = OCSF[name];
  if (rule === undefined) return [`${name} is no object of the class`];
  const { required = [], oneOf = [], known } = rule;
  const names = Object.keys(value);
  const missing = required.filter((one) => !names.includes(one)).map((one) => `${name}.${one} is missing`);
  const none = oneOf.length > 0 && !oneOf.some((one) => names.includes(one)) ? [`${name} has none of ${oneOf}`] : [];
  const unknown = names
    .filter((one) => ![...required, ...oneOf, ...known].includes(one))
    .map((one) => `${name}.${one}`);
  const inside = Object.entries(value).flatMap(([part, inner]) =>
    part === 'unmapped' ? [] : [inner].flat().flatMap((one) => (isObject(one) ? ocsfFaults(part, one) : [])),
  );
  return [...missing, ...none, ...unknown, ...inside];
}
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

describe('ocsf, against what the schema publishes', () => {
  const events = AUDIT_KINDS.flatMap((kind) => [
    ocsfEvent(record({ v: 1, kind, at: ENTRY.at })),
    ocsfEvent(record({ ...ENTRY, kind })),
  ]);

  it('has what is required of an entry of any kind, and nothing that the schema does not know', () => {
    expect(events.flatMap((event) => ocsfFaults('event', event))).toEqual([]);
  });

  it('the check sees what is missing, unknown and out of place', () => {
    const { actor: _actor, ...event } = ocsfEvent(record());
    const wrong = { ...event, correlation_uid: 'j1', query_info: { uid: 'ab' } };
    expect(ocsfFaults('event', wrong)).toEqual([
      'event.actor is missing',
      'event.correlation_uid',
      'query_info.query_string is missing',
    ]);
  });

  it('numbers and names are of its enumerations', () => {
    for (const { activity_id: id, activity_name: name, type_uid, severity_id, status_id } of events) {
      if (id !== 99) expect(OCSF_ACTIVITIES[id - 1]).toBe(name);
      expect(type_uid).toBe(600_500 + id);
      expect([1, 2, 3, 4, 5, 6]).toContain(severity_id);
      expect([1, 2]).toContain(status_id);
    }
    expect(ocsfEvent(record({ ...ENTRY, kind: 'upload' })).type_uid).toBe(600_505);
    expect(ocsfEvent(record({ ...ENTRY, code: 'POLICY_CANARY' })).severity_id).toBe(5);
  });
});

/** As the Implementation Standard says: unescaped bars part the header, unescaped equals signs the extension. */
function readCef(line: string) {
  const parts = line.match(/(?:\\.|[^|\\])+|(?<=\|)(?=\|)/g) ?? [];
  const pairs = [
    ...parts
      .slice(7)
      .join('|')
      .matchAll(/(\w+)=((?:\\.|[^=\\])*)(?= \w+=|$)/g),
  ];
  const plain = (text: string) =>
    text.replaceAll(/\\(.)/g, (_whole, c: string) => (c === 'n' ? '\n' : c === 'r' ? '\r' : c));
  return {
    header: parts.slice(0, 7),
    fields: Object.fromEntries(pairs.map(([, name, value = '']) => [name, plain(value)])),
  };
}

it('cef: header and extension read back', () => {
  const { header, fields } = readCef(FORMAT_LINE.cef(record()).slice(0, -1));
  expect(header).toEqual(['CEF:0', 'Sluice', 'Sluice', '1', 'outcome', 'access outcome', '6']);
  expect(fields).toMatchObject({
    suser: 'alice',
    sntdom: 'acme',
    outcome: 'deny',
    reason: 'SANDBOX_TIMEOUT',
    msg: NASTY,
  });
  expect(fields).toMatchObject({ cs1Label: 'plan', cs1: 'S1', cs3: 'water' });
});

it('syslog: RFC 5424 with structured data that reads back', () => {
  const line = FORMAT_LINE.syslog(record({ ...ENTRY, who: { sub: 'a"b]c\\d', org: 'o', role: 'developer' } })).slice(
    0,
    -1,
  );
  const [, priority, version, at, kind, data = '', message = ''] =
    /^<(\d+)>(\d) (\S+) - sluice - (\S+) \[sluice@32473 ((?:\w+="(?:\\.|[^"\\\]])*" ?)*)\] \uFEFF([\s\S]*)$/.exec(
      line,
    ) ?? [];
  expect([priority, version, at, kind]).toEqual([String(13 * 8 + 4), '1', ENTRY.at, 'outcome']);
  expect(/person="((?:\\.|[^"\\])*)"/.exec(data)?.[1]?.replaceAll(/\\(.)/g, '$1')).toBe('a"b]c\\d');
  expect(JSON.parse(message)).toMatchObject({ note: NASTY });
});

it('otlp: log records of one resource', () => {
  const [{ resource, scopeLogs } = { resource: null, scopeLogs: [] }] = otlpLogs([record()]).resourceLogs;
  expect(resource?.attributes).toEqual([{ key: 'service.name', value: { stringValue: 'sluice' } }]);
  const [log] = scopeLogs[0]?.logRecords ?? [];
  expect(log).toMatchObject({
    timeUnixNano: '1772589600123000000',
    severityNumber: 13,
    body: { stringValue: canonicalJson(ENTRY) },
  });
  expect(log?.attributes).toContainEqual({ key: 'log.record.uid', value: { stringValue: 'log.example#41' } });
});
