import type { ExportRecord, Severity } from './record.ts';

/** Export formats, each a pure function of the canonical record. Lines end in a newline; none of them holds another. */

export const LINE_FORMATS = ['ndjson', 'ocsf', 'cef', 'syslog'] as const;
export type LineFormat = (typeof LINE_FORMATS)[number];

/** In files and over HTTP. */
export const FORMAT_LINE: Readonly<Record<LineFormat, (record: ExportRecord) => string>> = {
  ndjson: (record) => `${JSON.stringify(flatRecord(record))}\n`,
  ocsf: (record) => `${JSON.stringify(ocsfEvent(record))}\n`,
  cef: (record) => `${cefEvent(record)}\n`,
  syslog: (record) => `${syslogMessage(record)}\n`,
};

/** Those that travel as syslog messages. */
export const SYSLOG_FORMATS: ReadonlySet<LineFormat> = new Set<LineFormat>(['cef', 'syslog']);

/** As a message of its own, over TCP, TLS or UDP. WHY a header for CEF: its collectors listen for syslog. */
export const FORMAT_MESSAGE: Readonly<Record<LineFormat, (record: ExportRecord) => string>> = {
  ndjson: (record) => JSON.stringify(flatRecord(record)),
  ocsf: (record) => JSON.stringify(ocsfEvent(record)),
  cef: (record) => `${syslogHeader(record)} - ${cefEvent(record)}`,
  syslog: syslogMessage,
};

/** NDJSON, and the columns of Parquet: the same members in every record, absent ones null. */
export function flatRecord({ uid, index, entry, risks, json }: ExportRecord) {
  const { who, tables = [] } = entry;
  return {
    uid,
    index,
    time: entry.at,
    kind: entry.kind,
    job: entry.job ?? null,
    person: who?.sub ?? null,
    org: who?.org ?? null,
    role: who?.role ?? null,
    plan: entry.plan ?? null,
    purpose: entry.purpose ?? null,
    resources: tables.map(({ resource }) => resource),
    columns: tables.flatMap(({ resource, columns }) => columns.map((column) => `${resource}.${column}`)),
    levels: [...new Set(tables.map(({ level }) => level))],
    mode: entry.mode ?? null,
    decision: entry.decision ?? null,
    code: entry.code ?? null,
    queryHash: entry.queryHash ?? null,
    resultSha256: entry.resultSha256 ?? null,
    note: entry.note ?? null,
    risks,
    entry: json,
  };
}

// ── OCSF ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Datastore Activity of the Open Cybersecurity Schema Framework (schema.ocsf.io, 1.3.0). */
const OCSF_CLASS = 6_005;
const OCSF_CATEGORY = 6;
const OCSF_SEVERITY: Readonly<Record<Severity, number>> = { info: 1, warning: 3, critical: 5 };
const OCSF_ACTIVITY: Readonly<Record<string, readonly [id: number, name: string]>> = {
  intent: [4, 'Query'],
  refusal: [4, 'Query'],
  outcome: [1, 'Read'],
  'log-read': [1, 'Read'],
  upload: [5, 'Write'],
};
const OCSF_OTHER = 99;

export function ocsfEvent({ uid, index, entry, timeMs, severity, risks, json }: ExportRecord) {
  const [activity, name] = OCSF_ACTIVITY[entry.kind] ?? [OCSF_OTHER, entry.kind];
  const { who, tables = [] } = entry;
  const [table] = tables;
  return {
    class_uid: OCSF_CLASS,
    class_name: 'Datastore Activity',
    category_uid: OCSF_CATEGORY,
    category_name: 'Application Activity',
    activity_id: activity,
    activity_name: name,
    type_uid: OCSF_CLASS * 100 + activity,
    type_name: `Datastore Activity: ${name}`,
    time: timeMs,
    severity_id: OCSF_SEVERITY[severity],
    status_id: entry.decision === 'deny' ? 2 : 1,
    status: entry.decision === 'deny' ? 'Failure' : 'Success',
    ...(entry.code === undefined ? {} : { status_code: entry.code }),
    message: entry.note ?? entry.kind,
    metadata: {
      version: '1.3.0',
      uid,
      sequence: index,
      log_name: 'access',
      ...(entry.job === undefined ? {} : { correlation_uid: entry.job }),
      product: { name: 'Sluice', vendor_name: 'Sluice' },
    },
    actor: {
      user: {
        name: who?.sub ?? 'gateway',
        uid: who === undefined ? 'gateway' : `${who.org}/${who.sub}`,
        ...(who === undefined ? {} : { org: { uid: who.org }, groups: [{ name: who.role }] }),
      },
    },
    src_endpoint: { name: 'sluice', svc_name: 'gateway' },
    database: { name: 'sluice', type_id: 99, type: 'sandbox' },
    ...(table === undefined ? {} : { table: { name: table.resource, uid: `${table.resource}@${table.version}` } }),
    ...(entry.queryHash === undefined ? {} : { query_info: ocsfQuery(entry.queryHash) }),
    unmapped: { entry: JSON.parse(json) as unknown, risks },
  };
}

/** The schema wants the query's text; the log has the digest of its canonical plan alone. */
const ocsfQuery = (hash: string) => ({ uid: hash, query_string: `sha-256 of the canonical plan: ${hash}` });

// ── CEF ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** ArcSight Common Event Format, version 0. */
const CEF_SEVERITY: Readonly<Record<Severity, number>> = { info: 3, warning: 6, critical: 10 };

export function cefEvent({ uid, entry, timeMs, severity, risks }: ExportRecord): string {
  const { who, tables = [] } = entry;
  const header = ['Sluice', 'Sluice', '1', entry.kind, `access ${entry.kind}`].map(cefHeader);
  const extension: readonly (readonly [string, string | number | undefined])[] = [
    ['rt', timeMs],
    ['externalId', uid],
    ['outcome', entry.decision],
    ['reason', entry.code],
    ['suser', who?.sub],
    ['sntdom', who?.org],
    ['spriv', who?.role],
    ['msg', entry.note ?? entry.purpose],
    ...labelled(1, 'plan', entry.plan),
    ...labelled(2, 'job', entry.job),
    ...labelled(3, 'resources', tables.map(({ resource }) => resource).join(' ') || undefined),
    ...labelled(4, 'mode', entry.mode),
    ...labelled(5, 'queryHash', entry.queryHash),
    ...labelled(6, 'risks', risks.join(' ') || undefined),
  ];
  const pairs = extension.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${cefValue(String(value))}`],
  );
  return `CEF:0|${header.join('|')}|${CEF_SEVERITY[severity]}|${pairs.join(' ')}`;
}

function labelled(
  n: number,
  label: string,
  value: string | undefined,
): readonly (readonly [string, string | undefined])[] {
  return value === undefined
    ? []
    : [
        [`cs${n}Label`, label],
        [`cs${n}`, value],
      ];
}

const cefHeader = (text: string): string => text.replaceAll(/[\\|]/g, '\\$&').replaceAll(/[\r\n]+/g, ' ');
const cefValue = (text: string): string =>
  text.replaceAll(/[\\=]/g, '\\$&').replaceAll('\r', '\\r').replaceAll('\n', '\\n');

// ── syslog ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** RFC 5424, facility 13 (log audit); the message is the entry's canonical JSON. */
const SYSLOG_FACILITY = 13;
const SYSLOG_SEVERITY: Readonly<Record<Severity, number>> = { info: 6, warning: 4, critical: 2 };
/** An enterprise number of one's own is the operator's to have; this one is for documentation (RFC 5612). */
const SYSLOG_SD_ID = 'sluice@32473';

function syslogHeader({ entry, severity }: ExportRecord): string {
  const priority = SYSLOG_FACILITY * 8 + SYSLOG_SEVERITY[severity];
  return `<${priority}>1 ${entry.at} - sluice - ${entry.kind}`;
}

export function syslogMessage(record: ExportRecord): string {
  const { uid, index, entry, risks, json } = record;
  const parameters: readonly (readonly [string, string | number | undefined])[] = [
    ['uid', uid],
    ['index', index],
    ['person', entry.who?.sub],
    ['org', entry.who?.org],
    ['decision', entry.decision],
    ['code', entry.code],
    ['risks', risks.join(' ') || undefined],
  ];
  const data = parameters.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${String(value).replaceAll(/["\\\]]/g, '\\$&')}"`],
  );
  return `${syslogHeader(record)} [${SYSLOG_SD_ID} ${data.join(' ')}] \uFEFF${json}`;
}

// ── OpenTelemetry ────────────────────────────────────────────────────────────────────────────────────────────────────

const OTEL_SEVERITY: Readonly<Record<Severity, number>> = { info: 9, warning: 13, critical: 21 };

/** A batch as OTLP/HTTP takes it in JSON (`POST /v1/logs`, OpenTelemetry protocol 1.3). */
export function otlpLogs(records: readonly ExportRecord[]) {
  return {
    resourceLogs: [
      {
        resource: { attributes: [attribute('service.name', 'sluice')] },
        scopeLogs: [{ scope: { name: 'sluice.access-log' }, logRecords: records.map(logRecord) }],
      },
    ],
  };
}

function logRecord({ uid, entry, timeMs, severity, risks, json }: ExportRecord) {
  const optional = Object.entries({
    'enduser.id': entry.who === undefined ? undefined : `${entry.who.org}/${entry.who.sub}`,
    'sluice.job': entry.job,
    'sluice.plan': entry.plan,
    'sluice.mode': entry.mode,
    'sluice.decision': entry.decision,
    'sluice.code': entry.code,
    'sluice.risks': risks.join(' ') || undefined,
  }).flatMap(([name, value]) => (value === undefined ? [] : [attribute(name, value)]));
  return {
    timeUnixNano: `${timeMs}000000`,
    severityNumber: OTEL_SEVERITY[severity],
    severityText: severity.toUpperCase(),
    body: { stringValue: json },
    attributes: [attribute('log.record.uid', uid), attribute('event.name', `sluice.${entry.kind}`), ...optional],
  };
}

const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
