import type { Organisation, Resource } from '#catalog';
import type { ColumnSchema } from '#policies';

/**
 * The public catalogue as DCAT-3 in JSON-LD: 标题 dct:title, 提供单位 dct:publisher, 更新频率 dct:accrualPeriodicity,
 * 使用条件 odrl:hasPolicy, 分级 dct:accessRights, 数据项 dct:conformsTo.
 */

const CONTEXT = {
  dcat: 'http://www.w3.org/ns/dcat#',
  dct: 'http://purl.org/dc/terms/',
  foaf: 'http://xmlns.com/foaf/0.1/',
  odrl: 'http://www.w3.org/ns/odrl/2/',
  rdfs: 'http://www.w3.org/2000/01/rdf-schema#',
  csvw: 'http://www.w3.org/ns/csvw#',
  sluice: 'urn:sluice:profile#',
} as const;

export interface DcatDocument {
  '@context': unknown;
  '@id': string;
  '@type': string;
  [member: string]: unknown;
}

type FindOrganisation = (id: string) => Organisation | null;

export function dcatCatalogue(
  resources: readonly Resource[],
  find: FindOrganisation,
  next: string | null,
): DcatDocument {
  return {
    '@context': CONTEXT,
    '@id': '/v1/resources',
    '@type': 'dcat:Catalog',
    'dct:title': titles({ zh: '公共数据资源目录', en: 'catalogue of public data resources' }),
    'dcat:dataset': resources.map((resource) => dataset(resource, find)),
    ...(next === null ? {} : { 'sluice:next': next }),
  };
}

export function dcatDataset(resource: Resource, find: FindOrganisation): DcatDocument {
  return { '@context': CONTEXT, ...dataset(resource, find) };
}

function dataset(
  resource: Resource,
  find: FindOrganisation,
): { '@id': string; '@type': string; [member: string]: unknown } {
  const { id, title, provider, frequency, conditions, terms, format, schema, schemaHash, createdAt, currentVersion } =
    resource;
  const publisher = find(provider);
  return {
    '@id': `/v1/resources/${id}`,
    '@type': 'dcat:Dataset',
    'dct:identifier': id,
    'dct:title': titles(title),
    'dct:publisher': {
      '@id': `urn:sluice:organisation:${provider}`,
      '@type': 'foaf:Organization',
      ...(publisher === null ? {} : { 'foaf:name': titles(publisher.title) }),
    },
    'dct:accrualPeriodicity': frequency,
    'dct:issued': createdAt,
    'dct:accessRights': { '@id': `sluice:${schema.level}`, '@type': 'dct:RightsStatement', 'rdfs:label': schema.level },
    'odrl:hasPolicy': {
      '@type': 'odrl:Offer',
      'dct:description': conditions,
      'sluice:terms': { '@type': '@json', '@value': { ...terms, classes: [...terms.classes] } },
    },
    'dct:conformsTo': {
      '@id': `urn:sluice:schema:${schemaHash}`,
      '@type': 'csvw:TableSchema',
      'csvw:column': schema.columns.map((column) => ({
        'csvw:name': column.name,
        'csvw:title': titles(column.title),
        'csvw:datatype': column.type,
        'sluice:level': column.level,
        'sluice:role': column.role,
        // A JSON literal (JSON-LD 1.1, 4.2.2): what other vocabularies have no words for comes back as it was.
        'sluice:declaration': { '@type': '@json', '@value': withoutWords(column) },
      })),
    },
    'dcat:distribution': { '@type': 'dcat:Distribution', 'dct:format': format, 'dcat:accessService': '/v1/jobs' },
    ...(currentVersion === null ? {} : { 'dcat:version': String(currentVersion) }),
  };
}

function withoutWords({ name: _name, title: _title, ...declared }: ColumnSchema): unknown {
  return declared;
}

function titles(title: { readonly zh: string; readonly en: string }): unknown {
  return [
    { '@value': title.zh, '@language': 'zh-CN' },
    { '@value': title.en, '@language': 'en' },
  ];
}
