/** Public code lists of the city: the complete values that a dimension may take. */

/** 28 township-level divisions (9 places) with their inhabitants in thousands: [county, [township, thousands]…]. */
const COUNTIES: readonly (readonly [string, readonly (readonly [string, number])[]])[] = [
  [
    '420702',
    [
      ['100', 38],
      ['101', 27],
      ['102', 14],
      ['103', 27],
      ['104', 22],
      ['400', 3],
    ],
  ],
  [
    '420703',
    [
      ['100', 52],
      ['101', 60],
      ['102', 28],
      ['103', 32],
      ['200', 22],
      ['201', 24],
      ['400', 30],
    ],
  ],
  [
    '420704',
    [
      ['001', 110],
      ['002', 95],
      ['003', 120],
      ['100', 38],
      ['101', 30],
      ['102', 35],
      ['103', 30],
      ['104', 36],
      ['105', 30],
      ['106', 26],
      ['107', 42],
      ['108', 34],
      ['200', 18],
      ['400', 30],
      ['401', 22],
    ],
  ],
];
export const TOWNSHIPS = COUNTIES.flatMap(([county, townships]) =>
  townships.map(([township, thousands]) => ({ code: county + township, thousands })),
);
export const DIVISION_CODES = TOWNSHIPS.map(({ code }) => code);

/** GB/T 4754-2017 classes that the city reports, with their share of firms in per mille. */
export const INDUSTRIES = [
  ['A0111', 14, '粮食'],
  ['A0141', 16, '蔬菜'],
  ['A0313', 9, '养殖'],
  ['A0412', 17, '水产'],
  ['B0810', 3, '矿业'],
  ['C1310', 12, '粮油'],
  ['C1810', 22, '服饰'],
  ['C2710', 10, '医药'],
  ['C2921', 18, '塑业'],
  ['C3011', 11, '水泥'],
  ['C3021', 24, '建材'],
  ['C3130', 9, '钢铁'],
  ['C3311', 33, '金属结构'],
  ['C3484', 28, '机械'],
  ['C3670', 14, '汽车零部件'],
  ['C3821', 10, '电气'],
  ['C3963', 12, '光电'],
  ['D4420', 3, '电力'],
  ['E4710', 36, '建筑'],
  ['E4813', 24, '市政工程'],
  ['E5011', 29, '装饰'],
  ['F5123', 38, '食品'],
  ['F5172', 42, '设备'],
  ['F5211', 62, '商贸'],
  ['F5261', 26, '汽车销售'],
  ['F5292', 18, '电子商务'],
  ['G5430', 46, '货运'],
  ['G5520', 8, '航运'],
  ['G5631', 5, '航空服务'],
  ['G5960', 26, '仓储'],
  ['H6110', 14, '酒店'],
  ['H6210', 74, '餐饮'],
  ['I6510', 31, '软件'],
  ['J6634', 6, '小额贷款'],
  ['K7010', 15, '置业'],
  ['K7020', 60, '物业'],
  ['L7231', 33, '咨询'],
  ['L7262', 32, '人力资源'],
  ['M7481', 16, '工程设计'],
  ['N7820', 11, '环境'],
  ['O8010', 38, '居民服务'],
  ['P8391', 12, '职业培训'],
  ['Q8425', 6, '门诊'],
  ['R9030', 18, '文化'],
] as const;
export type IndustryCode = (typeof INDUSTRIES)[number][0];
export const INDUSTRY_CODES: readonly string[] = INDUSTRIES.map(([code]) => code);

/** The twelve months that the synthetic city has data for, and the window that providers may fill. */
export const DATA_MONTHS = monthsFrom(2025, 11, 12);
export const WINDOW_MONTHS = monthsFrom(2025, 11, 14);
/** Two-monthly billing periods, named by their closing month. */
export const DATA_PERIODS = DATA_MONTHS.filter(isEvenMonth);
export const WINDOW_PERIODS = WINDOW_MONTHS.filter(isEvenMonth);

function monthsFrom(year: number, month: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => {
    const months = year * 12 + month - 1 + i;
    return `${Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, '0')}`;
  });
}

function isEvenMonth(month: string): boolean {
  return Number(month.slice(5)) % 2 === 0;
}

export const VOLTAGE_CODES = ['220V', '380V', '10kV', '35kV', '110kV'] as const;
export const PIPE_CODES = ['DN15', 'DN20', 'DN25', 'DN40', 'DN50', 'DN80', 'DN100', 'DN150', 'DN200'] as const;
export const WATER_CLASSES = ['industry', 'commerce', 'construction', 'special'] as const;
/** GB/T 21010 uses of land and building. */
export const USE_CODES = ['residential', 'apartment', 'commercial', 'office', 'industrial', 'garage'] as const;
export const PARKING_USE_CODES = ['parking', 'storage', 'commerce', 'idle'] as const;
export const RIGHT_CODES = ['ownership', 'land-use', 'land-use-and-ownership', 'contracted-land'] as const;
export const HOSPITAL_CODES = [
  'H01',
  'H02',
  'H03',
  'H04',
  'H05',
  'H06',
  'H07',
  'H08',
  'H09',
  'H10',
  'H11',
  'H12',
] as const;
/** CT 08.00.002 first-level departments. */
export const DEPARTMENT_CODES = ['02', '03', '04', '05', '07', '08', '10', '11', '12', '13', '19', '20', '50'] as const;
export const LAB_ITEM_CODES = ['WBC', 'HGB', 'PLT', 'GLU', 'HBA1C', 'ALT', 'CREA', 'UA', 'TC', 'TG', 'CRP'] as const;
/** National medical security: employees, residents. */
export const SCHEME_CODES = ['310', '390'] as const;
export const ENTERPRISE_STATUS_CODES = ['operating', 'suspended', 'abnormal', 'revoked', 'deregistered'] as const;
export const HOLDER_TYPES = ['person', 'enterprise'] as const;
export const CROP_CODES = ['rice', 'wheat', 'rape', 'cotton', 'vegetable', 'lotus', 'fruit', 'tea', 'fish'] as const;
export const CROP_CERTIFICATES = ['none', 'green', 'organic', 'geographical'] as const;
export const SEASONS = ['spring', 'summer', 'autumn', 'winter'] as const;
export const SPECIES_CODES = ['pig', 'cattle', 'goat', 'chicken', 'duck', 'goose'] as const;
export const STAGE_CODES = ['kindergarten', 'primary', 'junior', 'senior', 'nine-year'] as const;
export const BRAND_CODES = [
  'DFM',
  'VW',
  'TOY',
  'HON',
  'NIS',
  'BYD',
  'GEE',
  'CHA',
  'WUL',
  'CHE',
  'GWM',
  'BUI',
  'XPG',
  'NIO',
  'TSL',
  'AIO',
] as const;
export const ENERGY_CODES = ['petrol', 'diesel', 'hybrid', 'plug-in', 'electric', 'gas'] as const;
export const VEHICLE_STATUS_CODES = ['normal', 'overdue', 'violation', 'cancelled', 'sealed'] as const;
export const TAX_CODES = ['vat', 'cit'] as const;
