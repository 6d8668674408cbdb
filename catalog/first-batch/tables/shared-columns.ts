import { DIVISION_CODES, INDUSTRY_CODES } from '../public-lists.ts';
import { column } from '../table-declaration.ts';

/** Columns that many tables share, so that the same firm, person, home or car joins across all of them. */

const ID_LENGTH = 18;

/** A firm's credit code that names whom a row is about. */
export const creditCode = (mark: '2I' | '3I', zh: string, en: string) =>
  column(mark, zh, en, { unit: 'enterprise', lengthMax: ID_LENGTH });

/** A firm's credit code that only links: the row is about somebody else, and may have no firm. */
export const creditCodeLink = (mark: '2I' | '3I', zh: string, en: string) =>
  column(mark, zh, en, { domain: 'enterprise', lengthMax: ID_LENGTH, nullable: true });

export const personNo = (zh: string, en: string) => column('4I', zh, en, { unit: 'person', lengthMax: ID_LENGTH });

export const DIVISION = column('1D', '所属乡镇', 'Township', { values: DIVISION_CODES });

/** @E: whom an enterprise table is about. */
export const ENTERPRISE = {
  uscc: creditCode('2I', '统一社会信用代码', 'Unified social credit code'),
  ent_name: column('2I', '企业名称', 'Enterprise name', { lengthMax: 100 }),
  div_code: DIVISION,
  industry_code: column('1D', '行业代码', 'Industry (GB/T 4754)', { values: INDUSTRY_CODES }),
} as const;

/** @P: whom a person table is about. */
export const PERSON = {
  id_no: personNo('身份证号', 'ID card number'),
  person_name: column('3I', '姓名', 'Name', { lengthMax: 50 }),
  sex: column('2Q', '性别', 'Sex (GB/T 2261.1)', { lengthMax: 1 }),
  birth_date: column('3Q', '出生日期', 'Date of birth'),
  div_code: DIVISION,
} as const;

/** A home: its 28-place unit code names the household. */
export const HOME_NO = column('3I', '不动产单元号', 'Real-estate unit', { unit: 'household', lengthMax: 28 });

export const VEHICLE_NO = column('4I', '车辆识别代号', 'VIN', { domain: 'vehicle', lengthMax: 17 });
