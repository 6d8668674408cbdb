import { PIPE_CODES, VOLTAGE_CODES, WATER_CLASSES, WINDOW_MONTHS, WINDOW_PERIODS } from '../public-lists.ts';
import { column, declareTable } from '../table-declaration.ts';
import { ENTERPRISE } from './shared-columns.ts';

/** Entries 1, 2 and the gas part of 3: meters of enterprises. Household meters are not authorised. */

const ARREARS = column('3S', '欠费天数', 'Days in arrears', { bounds: [0, 365], measure: 'd' });
const BILL = column('3M', '账单金额', 'Amount billed', { bounds: [0, 1e9], measure: 'CNY' });
const energy = (zh: string, en: string) => column('3M', zh, en, { bounds: [0, 5e8], measure: 'kWh' });
const volume = (zh: string, en: string) => column('3M', zh, en, { bounds: [0, 5e7], measure: 'm3' });

export const electricity = declareTable('electricity', {
  zh: '企业用电',
  en: 'Enterprise electricity',
  level: 'general-2',
  columns: {
    ...ENTERPRISE,
    meter_acct_no: column('3I', '用电户号', 'Meter account', { lengthMax: 13 }),
    elec_addr: column('3I', '用电地址', 'Supply address', { lengthMax: 200 }),
    volt_code: column('1D', '电压等级', 'Voltage class', { values: VOLTAGE_CODES }),
    contract_kva: column('3M', '合同容量', 'Contracted capacity', { bounds: [1, 2_000_000], measure: 'kVA' }),
    bill_month: column('1D', '账单月份', 'Billing month', { values: WINDOW_MONTHS }),
    kwh_total: energy('总电量', 'Energy, total'),
    kwh_peak: energy('峰段电量', 'Energy, peak hours'),
    kwh_valley: energy('谷段电量', 'Energy, valley hours'),
    bill_amt: BILL,
    arrears_days: ARREARS,
  },
});

export const water = declareTable('water', {
  zh: '企业用水',
  en: 'Enterprise water',
  level: 'general-2',
  columns: {
    ...ENTERPRISE,
    water_acct_no: column('3I', '用水户号', 'Water account', { lengthMax: 12 }),
    pipe_dn: column('1D', '接管口径', 'Pipe diameter', { values: PIPE_CODES }),
    bill_period: column('1D', '抄表周期(止月)', 'Billing period (closing month)', { values: WINDOW_PERIODS }),
    m3_used: volume('用水量', 'Water used'),
    bill_amt: BILL,
    arrears_days: ARREARS,
    use_class: column('1D', '用水类别', 'Class of use', { values: WATER_CLASSES }),
  },
});

export const gas = declareTable('gas', {
  zh: '企业用气',
  en: 'Enterprise gas',
  level: 'general-2',
  columns: {
    ...ENTERPRISE,
    gas_acct_no: column('3I', '用气户号', 'Gas account', { lengthMax: 12 }),
    bill_month: column('1D', '账单月份', 'Billing month', { values: WINDOW_MONTHS }),
    m3_used: volume('用气量', 'Gas used'),
    arrears_days: ARREARS,
  },
});
