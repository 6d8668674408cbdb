import { DEPARTMENT_CODES, HOSPITAL_CODES, LAB_ITEM_CODES } from '../public-lists.ts';
import { column, declareTable } from '../table-declaration.ts';
import { PERSON } from './shared-columns.ts';

/** Entry 7: visits, admissions, examinations without images. Candidate for 重要数据. */

/**
 * WHY no list of values: a diagnosis is sensitive, not a dimension, so that it never becomes a key that is published
 * as declared; and the ICD-10 list (some 2,000 categories) is revised every year. Questions ask for chapters.
 */
const DIAGNOSIS = column('4S', '诊断编码', 'Diagnosis (ICD-10)', { lengthMax: 8 });
const FEE = column('4M', '费用', 'Fee', { bounds: [0, 1_000_000], measure: 'CNY' });
const HOSPITAL = column('2D', '医疗机构', 'Hospital', { values: HOSPITAL_CODES });
const VISIT_NO = column('4I', '就诊号', 'Visit', { domain: 'visit', lengthMax: 20 });

export const outpatient = declareTable('outpatient', {
  zh: '门急诊业务信息',
  en: 'Outpatient visits',
  level: 'general-2',
  health: true,
  columns: {
    ...PERSON,
    visit_no: VISIT_NO,
    org_code: HOSPITAL,
    visit_date: column('4Q', '就诊日期', 'Date of visit'),
    dept_code: column('2D', '科室', 'Department', { values: DEPARTMENT_CODES }),
    dx_code: DIAGNOSIS,
    fee_amt: FEE,
  },
});

export const inpatient = declareTable('inpatient', {
  zh: '住院业务信息',
  en: 'Hospital admissions',
  level: 'general-2',
  health: true,
  columns: {
    ...PERSON,
    admit_no: column('4I', '住院号', 'Admission', { domain: 'admission', lengthMax: 20 }),
    org_code: HOSPITAL,
    admit_date: column('4Q', '入院日期', 'Admitted on'),
    discharge_date: column('4Q', '出院日期', 'Discharged on', { nullable: true }),
    dx_code: DIAGNOSIS,
    op_code: column('4S', '手术编码', 'Procedure (ICD-9-CM-3)', { lengthMax: 8, nullable: true }),
    los_days: column('4M', '住院天数', 'Length of stay', { bounds: [0, 400], measure: 'd', nullable: true }),
    fee_amt: FEE,
  },
});

/** Names no person itself: the unit comes by joining `outpatient` on `visit_no`; alone it has no admissible answer. */
export const labExam = declareTable('lab_exam', {
  zh: '检验检查信息',
  en: 'Laboratory examinations',
  level: 'general-2',
  health: true,
  columns: {
    report_no: column('4I', '报告号', 'Report', { lengthMax: 20 }),
    visit_no: VISIT_NO,
    item_code: column('3D', '检验项目', 'Item', { values: LAB_ITEM_CODES }),
    result_num: column('4S', '检验结果', 'Result', { bounds: [0, 100_000], nullable: true }),
    abnormal_flag: column('4S', '是否异常', 'Abnormal'),
    report_date: column('4Q', '报告日期', 'Reported on'),
  },
});
