import { PARKING_USE_CODES, RIGHT_CODES, USE_CODES } from '../public-lists.ts';
import { column, declareTable } from '../table-declaration.ts';
import { creditCode, DIVISION, ENTERPRISE, HOME_NO, personNo } from './shared-columns.ts';

/** Entries 3 (homes, estates), 6 (titles) and 14 (shelters). */

const USE = column('1D', '房屋用途', 'Use', { values: USE_CODES });
const FLOOR = column('3M', '建筑面积', 'Floor area', { bounds: [5, 2000], measure: 'm2' });

export const housing = declareTable('housing', {
  zh: '住房信息',
  en: 'Housing',
  level: 'general-2',
  rowsPerUnitMax: { unit_no: 1 },
  columns: {
    unit_no: HOME_NO,
    owner_id_no: personNo('权利人身份证号', 'Owner, ID card number'),
    div_code: DIVISION,
    floor_sqm: FLOOR,
    build_year: column('1D', '建成年份', 'Year built', { bounds: [1950, 2030] }),
    use_code: USE,
    lease_flag: column('3S', '是否出租', 'Let'),
  },
});

/** Estates and who manages them are published by law; what is counted inside them is not. */
export const propertyMgmt = declareTable('property_mgmt', {
  zh: '物业服务',
  en: 'Property management',
  level: 'general-1',
  columns: {
    ...ENTERPRISE,
    estate_no: column('1I', '小区编号', 'Estate number', { domain: 'estate', lengthMax: 10 }),
    estate_name: column('1D', '小区名称', 'Estate', { lengthMax: 100 }),
    household_cnt: column('2M', '户数', 'Households', { bounds: [0, 20_000] }),
    fee_per_sqm: column('1M', '物业费单价', 'Monthly fee per m2', { bounds: [0, 30], measure: 'CNY/m2' }),
    elevator_cnt: column('1M', '电梯数', 'Lifts', { bounds: [0, 2000] }),
    parking_cnt: column('1M', '车位数', 'Parking places', { bounds: [0, 50_000] }),
    complaint_cnt: column('2M', '投诉数', 'Complaints', { bounds: [0, 10_000] }),
  },
});

export const propertyTitle = declareTable('property_title', {
  zh: '不动产产权证书',
  en: 'Real-estate titles',
  level: 'general-2',
  rowsPerUnitMax: { unit_no: 1 },
  columns: {
    unit_no: HOME_NO,
    cert_no: column('3I', '产权证号', 'Title certificate', { lengthMax: 40 }),
    owner_id_no: personNo('权利人身份证号', 'Owner, ID card number'),
    owner_name: column('3I', '权利人姓名', 'Owner, name', { lengthMax: 50 }),
    co_owner_cnt: column('3S', '共有人数', 'Co-owners', { bounds: [0, 20] }),
    right_code: column('1D', '权利类型', 'Kind of right', { values: RIGHT_CODES }),
    use_code: USE,
    floor_sqm: FLOOR,
    reg_date: column('2Q', '登记日期', 'Registered on'),
    mortgage_flag: column('3S', '是否抵押', 'Mortgaged'),
    seizure_flag: column('4S', '是否查封', 'Seized'),
  },
});

export const shelter = declareTable('shelter', {
  zh: '人防结建工程',
  en: 'Civil-defence shelters in buildings',
  level: 'general-2',
  columns: {
    project_no: column('2I', '项目编号', 'Project number', { domain: 'project', lengthMax: 20 }),
    builder_uscc: creditCode('2I', '建设单位信用代码', 'Builder, credit code'),
    div_code: DIVISION,
    build_sqm: column('2M', '地上建筑面积', 'Floor area built', { bounds: [0, 2_000_000], measure: 'm2' }),
    shelter_sqm: column('3M', '人防面积', 'Shelter area', { bounds: [0, 200_000], measure: 'm2' }),
    protect_code: column('4S', '防护等级', 'Protection class', { lengthMax: 10 }),
    geo_point: column('4S', '坐标', 'Coordinates', { lengthMax: 40 }),
    peacetime_code: column('2D', '平时用途', 'Peacetime use', { values: PARKING_USE_CODES }),
    parking_cnt: column('2M', '车位数', 'Parking places', { bounds: [0, 20_000] }),
    accept_date: column('2D', '验收日期', 'Accepted on'),
    fee_amt: column('2M', '易地建设费', 'Relocation fee', { bounds: [0, 1e8], measure: 'CNY' }),
  },
});
