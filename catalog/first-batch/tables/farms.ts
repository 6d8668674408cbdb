import { CROP_CERTIFICATES, CROP_CODES, SEASONS, SPECIES_CODES } from '../public-lists.ts';
import { column, declareTable } from '../table-declaration.ts';
import { creditCodeLink, DIVISION } from './shared-columns.ts';

/** Entry 10. A farm counts as an enterprise of a key space of its own: most farms have no credit code. */

const FARM_NO = column('2I', '经营主体编号', 'Farm', { unit: 'enterprise', domain: 'farm', lengthMax: 16 });

export const crop = declareTable('crop', {
  zh: '农产品生产',
  en: 'Crops',
  level: 'general-2',
  columns: {
    farm_no: FARM_NO,
    uscc: creditCodeLink('2I', '统一社会信用代码', 'Unified social credit code'),
    div_code: DIVISION,
    product_code: column('1D', '产品', 'Product', { values: CROP_CODES }),
    area_mu: column('2M', '种养面积', 'Area', { bounds: [0, 100_000], measure: 'mu' }),
    output_kg: column('2M', '产量', 'Output', { bounds: [0, 5e8], measure: 'kg' }),
    cert_code: column('1D', '认证类型', 'Certificate', { values: CROP_CERTIFICATES }),
    season: column('1D', '产季', 'Season', { values: SEASONS }),
  },
});

export const livestock = declareTable('livestock', {
  zh: '牲畜养殖',
  en: 'Livestock',
  level: 'general-2',
  rowsPerUnitMax: { farm_no: SPECIES_CODES.length },
  columns: {
    farm_no: FARM_NO,
    species_code: column('1D', '畜种', 'Species', { values: SPECIES_CODES }),
    stock_cnt: column('3M', '存栏数', 'Stock', { bounds: [0, 5_000_000] }),
    slaughter_cnt: column('3M', '出栏数', 'Slaughtered', { bounds: [0, 5_000_000] }),
    vaccine_date: column('2D', '免疫日期', 'Vaccinated on', { nullable: true }),
    epidemic_flag: column('4S', '是否疫情', 'Epidemic'),
  },
});
