import { STAGE_CODES } from '../public-lists.ts';
import { column, declareTable } from '../table-declaration.ts';

/**
 * Entry 11: public information, except how many pupils a school has. WHY the code is an identifier though public: only
 * an identifier can name the units that protect the pupils' number; the name says which school it is.
 */
export const school = declareTable('school', {
  zh: '学区划片',
  en: 'School zones',
  level: 'general-1',
  rowsPerUnitMax: { school_code: 1 },
  columns: {
    school_code: column('1I', '学校代码', 'School code', { unit: 'institution', lengthMax: 10 }),
    school_name: column('1D', '学校名称', 'School', { lengthMax: 100 }),
    zone_no: column('1D', '学区编号', 'Zone', { lengthMax: 10 }),
    zone_geom: column('1A', '学区边界', 'Boundary (WKT)', { lengthMax: 4000 }),
    road_text: column('1A', '划片路段', 'Roads', { lengthMax: 1000 }),
    stage_code: column('1D', '学段', 'Stage', { values: STAGE_CODES }),
    seat_cnt: column('1M', '学位数', 'Seats', { bounds: [0, 10_000] }),
    enrol_cnt: column('2M', '在校生数', 'Pupils', { bounds: [0, 10_000] }),
  },
});
