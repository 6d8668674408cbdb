import { BRAND_CODES, DIVISION_CODES, ENERGY_CODES, VEHICLE_STATUS_CODES } from '../public-lists.ts';
import { column, declareTable } from '../table-declaration.ts';
import { personNo, VEHICLE_NO } from './shared-columns.ts';

/** Entry 12. Mortgages and transfers name no owner: the unit comes by joining `vehicle_reg` on `vin`. */

export const vehicleReg = declareTable('vehicle_reg', {
  zh: '车辆登记',
  en: 'Vehicle registration',
  level: 'general-2',
  columns: {
    vin: VEHICLE_NO,
    plate_no: column('3I', '号牌号码', 'Plate', { lengthMax: 8 }),
    owner_id_no: personNo('所有人身份证号', 'Owner, ID card number'),
    brand_code: column('1D', '品牌', 'Brand', { values: BRAND_CODES }),
    model_year: column('1D', '年款', 'Model year', { bounds: [1980, 2030] }),
    energy_code: column('1D', '能源种类', 'Energy', { values: ENERGY_CODES }),
    first_reg_date: column('2Q', '初次登记日期', 'First registered on'),
    status_code: column('2D', '车辆状态', 'Status', { values: VEHICLE_STATUS_CODES }),
    inspect_end_date: column('2Q', '检验有效期止', 'Inspection ends on'),
  },
});

export const vehicleMortgage = declareTable('vehicle_mortgage', {
  zh: '车辆抵押',
  en: 'Vehicle mortgages',
  level: 'general-2',
  columns: {
    vin: VEHICLE_NO,
    mortgagee_name: column('2I', '抵押权人', 'Mortgagee', { lengthMax: 100 }),
    start_date: column('3Q', '抵押起始日期', 'From'),
    end_date: column('3Q', '抵押终止日期', 'Until', { nullable: true }),
    mortgage_flag: column('3S', '是否在押', 'In force'),
  },
});

export const usedVehicle = declareTable('used_vehicle', {
  zh: '二手车交易',
  en: 'Used-vehicle transfers',
  level: 'general-2',
  columns: {
    vin: VEHICLE_NO,
    transfer_date: column('3Q', '转移登记日期', 'Transferred on'),
    odometer_km: column('2M', '里程表读数', 'Odometer', { bounds: [0, 2_000_000], measure: 'km' }),
    from_div: column('1D', '转出地', 'From township', { values: DIVISION_CODES }),
    to_div: column('1D', '转入地', 'To township', { values: DIVISION_CODES }),
    price_amt: column('3M', '成交价', 'Price', { bounds: [0, 1e7], measure: 'CNY' }),
  },
});
