import { SCHEME_CODES } from '../public-lists.ts';
import { column, declareTable } from '../table-declaration.ts';
import { creditCodeLink, PERSON, personNo } from './shared-columns.ts';

/** Entries 4, 5 and 8, their parts about persons. */

/**
 * WHY core: the entry is authorised for verification with both spouses' consent only. No analysis mode fits that, so
 * the mere use of the table is denied, whatever its columns are.
 */
export const marriage = declareTable('marriage', {
  zh: '个人婚姻查询',
  en: 'Marriage registration',
  level: 'core',
  columns: {
    ...PERSON,
    spouse_id_no: personNo('配偶身份证号', 'Spouse, ID card number'),
    marital_code: column('4S', '婚姻状况', 'Marital status (GB/T 2261.2)', { lengthMax: 2 }),
    reg_date: column('4Q', '登记日期', 'Registered on'),
    cert_no: column('4I', '婚姻证号', 'Certificate', { lengthMax: 30 }),
  },
});

const monthly = (zh: string, en: string) => column('4S', zh, en, { bounds: [0, 100_000], measure: 'CNY' });

export const fundPerson = declareTable('fund_person', {
  zh: '个人缴纳公积金',
  en: 'Housing fund, persons',
  level: 'general-2',
  rowsPerUnitMax: { id_no: 1 },
  columns: {
    ...PERSON,
    fund_acct_no: column('4I', '个人公积金账号', 'Fund account', { lengthMax: 20 }),
    employer_uscc: creditCodeLink('3I', '缴存单位信用代码', 'Employer, credit code'),
    base_amt: monthly('缴存基数', 'Contribution base'),
    deposit_amt: monthly('月缴存额', 'Monthly deposit'),
    months_cont_cnt: column('3M', '连续缴存月数', 'Months without a gap', { bounds: [0, 600] }),
    balance_amt: column('4S', '账户余额', 'Balance', { bounds: [0, 1e7], measure: 'CNY' }),
    loan_flag: column('4S', '是否有贷款', 'Has a loan'),
  },
});

export const insurancePerson = declareTable('insurance_person', {
  zh: '个人缴纳医保',
  en: 'Medical insurance, persons',
  level: 'general-2',
  rowsPerUnitMax: { id_no: 1 },
  columns: {
    ...PERSON,
    insured_no: column('4I', '参保号', 'Insurance number', { lengthMax: 20 }),
    scheme_code: column('2D', '险种', 'Scheme', { values: SCHEME_CODES }),
    status_code: column('3S', '参保状态', 'Status', { lengthMax: 10 }),
    base_amt: column('4S', '缴费基数', 'Contribution base', {
      bounds: [0, 100_000],
      measure: 'CNY',
      nullable: true,
    }),
    months_paid_cnt: column('3M', '累计缴费月数', 'Months paid', { bounds: [0, 720] }),
  },
});
