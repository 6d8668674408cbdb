import type { Organisation } from '../organisations.ts';

/** Who takes part in the city: the 15 providers, the authorities, the operator and two developers. */

const PROVIDERS: readonly (readonly [string, string, string])[] = [
  ['power-supply', '市供电公司', 'Power Supply Company'],
  ['water-group', '市水务集团', 'Water Group'],
  ['housing-bureau', '市住更局', 'Housing and Urban Renewal Bureau'],
  ['civil-affairs', '市民政局', 'Civil Affairs Bureau'],
  ['housing-fund', '市公积金管理中心', 'Housing Fund Centre'],
  ['natural-resources', '市自然资源和城乡建设局', 'Natural Resources and Construction Bureau'],
  ['health-commission', '市卫健委', 'Health Commission'],
  ['medical-insurance', '市医保局', 'Medical Insurance Bureau'],
  ['market-regulation', '市市场监督管理局', 'Market Regulation Bureau'],
  ['agriculture', '市农业农村局', 'Agriculture and Rural Affairs Bureau'],
  ['education', '市教育局', 'Education Bureau'],
  ['traffic-police', '市交管局', 'Traffic Police Bureau'],
  ['tax-bureau', '市税务局', 'Tax Bureau'],
  ['civil-defence', '市国动办', 'National Defence Mobilisation Office'],
  ['transport-bureau', '市交通局', 'Transport Bureau'],
];

export const seedOrganisations: readonly Organisation[] = [
  ...PROVIDERS.map(([id, zh, en]): Organisation => ({ id, title: { zh, en }, kind: 'provider' })),
  { id: 'data-bureau', title: { zh: '市数据局', en: 'Data Bureau' }, kind: 'bureau' },
  { id: 'security-office', title: { zh: '市委网信办', en: 'Security Office' }, kind: 'security' },
  { id: 'key-custodian', title: { zh: '密钥托管方', en: 'Key custodian' }, kind: 'custodian' },
  { id: 'operator', title: { zh: '公共数据授权运营机构', en: 'Operator' }, kind: 'operator' },
  { id: 'linkong-data', title: { zh: '临空数科有限公司', en: 'Linkong Data Ltd' }, kind: 'developer' },
  { id: 'chuyun-research', title: { zh: '楚云研究院有限公司', en: 'Chuyun Research Ltd' }, kind: 'developer' },
];
