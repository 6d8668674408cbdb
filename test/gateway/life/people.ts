/** A small table of made-up people: 400 in 4 departments, one of them with nine only. Deterministic. */
export const PEOPLE_SCHEMA = {
  table: 'people',
  columns: [
    {
      name: 'id',
      title: { zh: '编号', en: 'id' },
      type: 'text',
      level: 'general-2',
      role: 'identifier',
      unit: 'person',
    },
    {
      name: 'dept',
      title: { zh: '部门', en: 'department' },
      type: 'text',
      level: 'general-1',
      role: 'dimension',
      values: ['a', 'b', 'c', 'd', 'none'],
    },
    { name: 'born', title: { zh: '出生', en: 'born' }, type: 'date', level: 'general-2', role: 'quasi-identifier' },
    {
      name: 'pay',
      title: { zh: '薪酬', en: 'pay' },
      type: 'decimal',
      level: 'general-2',
      role: 'measure',
      bounds: { min: 0, max: 100_000 },
    },
    { name: 'room', title: { zh: '房间', en: 'room' }, type: 'integer', level: 'general-3', role: 'quasi-identifier' },
  ],
} as const;

export interface PersonRow {
  readonly id: string;
  readonly dept: string;
  readonly born: string;
  readonly pay: number;
  readonly room: number;
}

export const PEOPLE: readonly PersonRow[] = Array.from({ length: 400 }, (_, index) => ({
  id: `P${String(index).padStart(4, '0')}`,
  dept: index < 9 ? 'd' : 'abc'[index % 3]!,
  born: `19${60 + (index % 40)}-0${1 + (index % 9)}-1${index % 9}`,
  pay: 3_000 + ((index * 7919) % 4_000),
  room: index % 50,
}));

export const peopleCsv = (rows: readonly PersonRow[]): string =>
  `${['id,dept,born,pay,room', ...rows.map((row) => [row.id, row.dept, row.born, row.pay.toFixed(2), row.room].join(','))].join('\n')}\n`;
export const PEOPLE_CSV = peopleCsv(PEOPLE);

/** The same people at the level that leaves in mode `dp`: their rows, and their pay. */
export const PRIVATE_PEOPLE_SCHEMA = {
  ...PEOPLE_SCHEMA,
  level: 'general-4',
  columns: PEOPLE_SCHEMA.columns.map((one) => (one.name === 'pay' ? { ...one, level: 'general-4' } : one)),
} as const;
