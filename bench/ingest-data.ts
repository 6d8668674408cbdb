import { closeSync, openSync, writeSync } from 'node:fs';
import type { ColumnSchema, TableSchema } from '../policies/table-schema.ts';

/** A monthly table of enterprise electricity: one identifier, dimensions, integers, decimals, a date, a flag. */

function column(name: string, type: ColumnSchema['type'], more: Partial<ColumnSchema> = {}): ColumnSchema {
  return { name, title: { zh: name, en: name }, type, level: 'general-2', role: 'measure', ...more };
}

export const ELECTRICITY: TableSchema = {
  table: 'electricity',
  level: 'general-2',
  columns: [
    column('uscc', 'text', { role: 'identifier', unit: 'enterprise', nullable: false }),
    column('div_code', 'text', { role: 'dimension', lengthMax: 9 }),
    column('industry_code', 'text', { role: 'dimension', lengthMax: 5 }),
    column('volt_code', 'integer', { bounds: { min: 0, max: 3 } }),
    column('contract_kva', 'integer', { bounds: { min: 0, max: 100_000 } }),
    column('bill_month', 'text', { role: 'dimension', lengthMax: 7 }),
    column('read_date', 'date'),
    column('kwh_total', 'decimal', { bounds: { min: 0, max: 1e8 } }),
    column('kwh_peak', 'decimal', { bounds: { min: 0, max: 1e8 } }),
    column('bill_amt', 'decimal', { bounds: { min: 0, max: 1e9 } }),
    column('arrears_days', 'integer', { bounds: { min: 0, max: 3650 } }),
    column('new_energy', 'boolean'),
  ],
};

const ROWS_PER_WRITE = 5000;
const two = (n: number): string => String(n).padStart(2, '0');

/** Writes at least `bytes` of CSV; the same seed gives the same file. Returns rows and bytes. */
export function writeElectricity(path: string, bytes: number, seed: number): { rows: number; bytes: number } {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const row = (): string => {
    const enterprise = random(300_000);
    const month = `2025-${two(1 + random(12))}`;
    const money = (below: number): string => String(random(below) / 100);
    return [
      `91420700MA${String(enterprise).padStart(7, '0')}X`,
      `42070${2 + (enterprise % 3)}${100 + (enterprise % 28)}`,
      `${'ABCDEFG'[enterprise % 7]}${1000 + (enterprise % 90)}`,
      random(4),
      random(5000),
      month,
      `${month}-${two(1 + random(28))}`,
      money(1e7),
      money(1e6),
      money(1e8),
      random(5) === 0 ? random(90) : '',
      random(2) === 0,
    ].join(',');
  };
  const file = openSync(path, 'w');
  let written = writeSync(file, `${ELECTRICITY.columns.map(({ name }) => name).join(',')}\n`);
  let rows = 0;
  while (written < bytes) {
    written += writeSync(file, `${Array.from({ length: ROWS_PER_WRITE }, row).join('\n')}\n`);
    rows += ROWS_PER_WRITE;
  }
  closeSync(file);
  return { rows, bytes: written };
}
