import type { TableSchema } from '#policies';
import type { FirstBatchTable } from './tables.ts';
import { FIRST_BATCH_TABLES, TABLES } from './tables.ts';

/** 公共数据授权运营目录(第一批): 15 entries, which 25 tables serve. */

interface BilingualText {
  readonly zh: string;
  readonly en: string;
}
export type UpdateFrequency = 'daily' | 'monthly' | 'two-monthly' | 'quarterly' | 'yearly';

export interface FirstBatchResource {
  readonly entry: { readonly no: number; readonly title: BilingualText };
  /** The table name that SQL uses. */
  readonly id: FirstBatchTable;
  readonly title: BilingualText;
  /** An organisation of `seedOrganisations`. */
  readonly provider: string;
  readonly frequency: UpdateFrequency;
  /** 使用条件: Chinese, then English. */
  readonly conditions: string;
  readonly format: 'csv';
  readonly schema: TableSchema;
}

interface Entry {
  readonly title: BilingualText;
  readonly provider: string;
  readonly frequency: UpdateFrequency;
  readonly conditions: string;
  readonly tables: readonly FirstBatchTable[];
}

const text = (zh: string, en: string): BilingualText => ({ zh, en });
const ANALYSIS = '按场景方案授权,仅输出受保护结果 · under an approved plan; only protected results leave';
const ENTERPRISES_ONLY = `仅限企业;${ANALYSIS}; enterprises only`;
const VERIFY_ONLY = '仅供核验,须双方授权同意 · verification only, with the consent of both spouses';
const HEALTH = `重要数据候选,不含原始影像;${ANALYSIS}; candidate for important data, without original images`;
const SECRECY =
  '先经保密审查,不提供坐标和防护等级 · after a secrecy review; coordinates and protection class never leave';
const PUBLISHED = '依法公示信息;按场景方案授权 · published by law; under an approved plan';

/** In the order of the annex: the place is the number of the entry. */
const ENTRIES: readonly Entry[] = [
  {
    title: text('企业用电', 'Enterprise electricity'),
    provider: 'power-supply',
    frequency: 'monthly',
    conditions: ENTERPRISES_ONLY,
    tables: ['electricity'],
  },
  {
    title: text('企业用水', 'Enterprise water'),
    provider: 'water-group',
    frequency: 'two-monthly',
    conditions: ENTERPRISES_ONLY,
    tables: ['water'],
  },
  {
    title: text('住房信息、物业、企业用气', 'Housing, property management, enterprise gas'),
    provider: 'housing-bureau',
    frequency: 'monthly',
    conditions: ENTERPRISES_ONLY,
    tables: ['housing', 'property_mgmt', 'gas'],
  },
  {
    title: text('个人婚姻查询', 'Marriage, for verification'),
    provider: 'civil-affairs',
    frequency: 'daily',
    conditions: VERIFY_ONLY,
    tables: ['marriage'],
  },
  {
    title: text('个人/企业缴纳公积金', 'Housing fund of persons and enterprises'),
    provider: 'housing-fund',
    frequency: 'monthly',
    conditions: ANALYSIS,
    tables: ['fund_person', 'fund_enterprise'],
  },
  {
    title: text('不动产产权证书信息', 'Real-estate titles'),
    provider: 'natural-resources',
    frequency: 'daily',
    conditions: ANALYSIS,
    tables: ['property_title'],
  },
  {
    title: text('门急诊业务信息、住院业务信息、检验检查信息(不含原始影像)', 'Outpatient, inpatient, examinations'),
    provider: 'health-commission',
    frequency: 'daily',
    conditions: HEALTH,
    tables: ['outpatient', 'inpatient', 'lab_exam'],
  },
  {
    title: text('个人/企业缴纳医保', 'Medical insurance of persons and enterprises'),
    provider: 'medical-insurance',
    frequency: 'monthly',
    conditions: ANALYSIS,
    tables: ['insurance_person', 'insurance_enterprise'],
  },
  {
    title: text('企业注册、股东信息', 'Enterprise registration and shareholders'),
    provider: 'market-regulation',
    frequency: 'daily',
    conditions: PUBLISHED,
    tables: ['enterprise_reg', 'holder'],
  },
  {
    title: text('农产品、牲畜养殖', 'Crops and livestock'),
    provider: 'agriculture',
    frequency: 'monthly',
    conditions: ANALYSIS,
    tables: ['crop', 'livestock'],
  },
  {
    title: text('学区划片区数据', 'School zones'),
    provider: 'education',
    frequency: 'yearly',
    conditions: PUBLISHED,
    tables: ['school'],
  },
  {
    title: text('车辆登记、抵押、二手车', 'Vehicles: registration, mortgages, transfers'),
    provider: 'traffic-police',
    frequency: 'daily',
    conditions: ANALYSIS,
    tables: ['vehicle_reg', 'vehicle_mortgage', 'used_vehicle'],
  },
  {
    title: text('企业缴税信息', 'Enterprise taxes'),
    provider: 'tax-bureau',
    frequency: 'monthly',
    conditions: ANALYSIS,
    tables: ['tax'],
  },
  {
    title: text('国动办人防结建工程数据', 'Civil-defence shelters in buildings'),
    provider: 'civil-defence',
    frequency: 'quarterly',
    conditions: SECRECY,
    tables: ['shelter'],
  },
  {
    title: text('运输企业', 'Transport enterprises'),
    provider: 'transport-bureau',
    frequency: 'monthly',
    conditions: ANALYSIS,
    tables: ['transport'],
  },
];

/** WHY a table's own frequency: entry 3 is monthly as a whole, but estates are reported by the quarter. */
const FREQUENCY_OF: Partial<Record<FirstBatchTable, UpdateFrequency>> = { property_mgmt: 'quarterly' };

function resourceOf(table: FirstBatchTable): FirstBatchResource {
  const no = ENTRIES.findIndex(({ tables }) => tables.includes(table)) + 1;
  const entry = ENTRIES[no - 1]!;
  return {
    entry: { no, title: entry.title },
    id: table,
    title: TABLES[table].title,
    provider: entry.provider,
    frequency: FREQUENCY_OF[table] ?? entry.frequency,
    conditions: entry.conditions,
    format: 'csv',
    schema: TABLES[table].schema,
  };
}

/** The first batch, one resource a table. */
export const firstBatch: readonly FirstBatchResource[] = FIRST_BATCH_TABLES.map(resourceOf);
