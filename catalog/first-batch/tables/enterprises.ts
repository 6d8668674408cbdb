import { ENTERPRISE_STATUS_CODES, HOLDER_TYPES, TAX_CODES, WINDOW_MONTHS } from '../public-lists.ts';
import { column, declareTable } from '../table-declaration.ts';
import { creditCode, ENTERPRISE, personNo } from './shared-columns.ts';

/** Entries 9, 13, 15 and the enterprise parts of 5 and 8. */

const STAFF_MAX = 200_000;
/** Of a limited company: Company Law of 2023, article 42. */
const SHAREHOLDERS_MAX = 50;
const month = (zh: string, en: string) => column('1D', zh, en, { values: WINDOW_MONTHS });
const amount = (mark: '3M' | '4M' | '4S', zh: string, en: string) =>
  column(mark, zh, en, { bounds: [0, 1e11], measure: 'CNY' });
const OVERDUE_MONTHS = column('3S', '欠缴月数', 'Months overdue', { bounds: [0, 120] });

export const fundEnterprise = declareTable('fund_enterprise', {
  zh: '企业缴纳公积金',
  en: 'Housing fund, enterprises',
  level: 'general-2',
  rowsPerUnitMax: { uscc: WINDOW_MONTHS.length },
  columns: {
    ...ENTERPRISE,
    fund_month: month('缴存月份', 'Month'),
    staff_cnt: column('3M', '缴存人数', 'Staff', { bounds: [0, STAFF_MAX] }),
    total_amt: amount('3M', '缴存总额', 'Total paid'),
    overdue_months_cnt: OVERDUE_MONTHS,
  },
});

export const insuranceEnterprise = declareTable('insurance_enterprise', {
  zh: '企业缴纳医保',
  en: 'Medical insurance, enterprises',
  level: 'general-2',
  rowsPerUnitMax: { uscc: WINDOW_MONTHS.length },
  columns: {
    ...ENTERPRISE,
    pay_month: month('缴费月份', 'Month'),
    insured_cnt: column('3M', '参保人数', 'Insured staff', { bounds: [0, STAFF_MAX] }),
    paid_amt: amount('3M', '缴费金额', 'Amount paid'),
    overdue_months_cnt: OVERDUE_MONTHS,
  },
});

/** The register of enterprises is published by law: that a firm exists is no secret. */
export const enterpriseReg = declareTable('enterprise_reg', {
  zh: '企业注册信息',
  en: 'Enterprise registration',
  level: 'general-1',
  rowsPerUnitMax: { uscc: 1 },
  columns: {
    ...ENTERPRISE,
    legal_rep_name: column('2I', '法定代表人', 'Legal representative', { lengthMax: 50 }),
    capital_amt: column('1M', '注册资本', 'Registered capital', { bounds: [0, 1e11], measure: 'CNY' }),
    found_date: column('1D', '成立日期', 'Founded on'),
    status_code: column('1D', '登记状态', 'Status', { values: ENTERPRISE_STATUS_CODES }),
    scope_text: column('1A', '经营范围', 'Scope of business', { lengthMax: 2000 }),
  },
});

/** A row is about the firm and about whoever holds it. An enterprise holder's certificate is its credit code. */
export const holder = declareTable('holder', {
  zh: '股东信息',
  en: 'Shareholders',
  level: 'general-2',
  rowsPerUnitMax: { uscc: SHAREHOLDERS_MAX },
  columns: {
    uscc: creditCode('2I', '统一社会信用代码', 'Unified social credit code'),
    holder_name: column('2I', '股东名称', 'Holder', { lengthMax: 100 }),
    holder_cert_no: personNo('股东证件号', 'Holder, certificate number'),
    holder_type: column('1D', '股东类型', 'Kind of holder', { values: HOLDER_TYPES }),
    share_pct: column('2M', '持股比例', 'Share', { bounds: [0, 100], measure: '%' }),
    paid_amt: column('2M', '实缴出资额', 'Capital paid', { bounds: [0, 1e11], measure: 'CNY' }),
  },
});

export const tax = declareTable('tax', {
  zh: '企业缴税',
  en: 'Enterprise taxes',
  level: 'general-2',
  rowsPerUnitMax: { uscc: WINDOW_MONTHS.length * TAX_CODES.length },
  columns: {
    ...ENTERPRISE,
    tax_period: month('税款所属期', 'Period'),
    tax_code: column('1D', '税种', 'Tax', { values: TAX_CODES }),
    declared_amt: amount('4M', '申报税额', 'Tax declared'),
    paid_amt: amount('4M', '实缴税额', 'Tax paid'),
    sales_amt: amount('4S', '销售收入', 'Sales'),
    overdue_amt: amount('4S', '欠税额', 'Tax overdue'),
    credit_code: column('2S', '纳税信用等级', 'Tax credit rating (A B M C D)', { lengthMax: 1 }),
  },
});

export const transport = declareTable('transport', {
  zh: '运输企业',
  en: 'Transport enterprises',
  level: 'general-2',
  rowsPerUnitMax: { uscc: 1 },
  columns: {
    ...ENTERPRISE,
    licence_no: column('2I', '经营许可证号', 'Licence', { lengthMax: 20 }),
    licence_end_date: column('1D', '许可证有效期止', 'Licence ends on'),
    vehicle_cnt: column('2M', '营运车辆数', 'Vehicles', { bounds: [0, 5000] }),
    nev_cnt: column('2M', '新能源车辆数', 'New-energy vehicles', { bounds: [0, 5000] }),
    driver_cnt: column('3M', '驾驶员数', 'Drivers', { bounds: [0, 10_000] }),
    freight_tkm: column('3M', '货物周转量', 'Freight', { bounds: [0, 1e9], measure: 't·km' }),
    accident_cnt: column('3S', '事故数', 'Accidents', { bounds: [0, 100] }),
    credit_code: column('1S', '质量信誉等级', 'Credit rating (AAA AA A B)', { lengthMax: 3 }),
  },
});
