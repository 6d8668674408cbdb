import type { ColumnSchema } from '#policies';
import type { City, CityOptions } from './city/city.ts';
import { createCity } from './city/city.ts';
import {
  enterpriseRegRows,
  fundEnterpriseRows,
  holderRows,
  insuranceEnterpriseRows,
  taxRows,
  transportRows,
} from './rows/enterprises.ts';
import { cropRows, livestockRows } from './rows/farms.ts';
import { inpatientRows, labExamRows, outpatientRows } from './rows/health.ts';
import { fundPersonRows, insurancePersonRows, marriageRows } from './rows/people.ts';
import { housingRows, propertyMgmtRows, propertyTitleRows, shelterRows } from './rows/property.ts';
import type { RowSourceFor } from './rows/row-source.ts';
import { schoolRows } from './rows/schools.ts';
import { electricityRows, gasRows, waterRows } from './rows/utilities.ts';
import { usedVehicleRows, vehicleMortgageRows, vehicleRegRows } from './rows/vehicles.ts';
import type { FirstBatchTable } from './tables.ts';
import { TABLES } from './tables.ts';

/** The compiler holds each table to a source that fills exactly its columns. */
const ROW_SOURCES: { readonly [Table in FirstBatchTable]: RowSourceFor<(typeof TABLES)[Table]> } = {
  electricity: electricityRows,
  water: waterRows,
  housing: housingRows,
  property_mgmt: propertyMgmtRows,
  gas: gasRows,
  marriage: marriageRows,
  fund_person: fundPersonRows,
  fund_enterprise: fundEnterpriseRows,
  property_title: propertyTitleRows,
  outpatient: outpatientRows,
  inpatient: inpatientRows,
  lab_exam: labExamRows,
  insurance_person: insurancePersonRows,
  insurance_enterprise: insuranceEnterpriseRows,
  enterprise_reg: enterpriseRegRows,
  holder: holderRows,
  crop: cropRows,
  livestock: livestockRows,
  school: schoolRows,
  vehicle_reg: vehicleRegRows,
  vehicle_mortgage: vehicleMortgageRows,
  used_vehicle: usedVehicleRows,
  tax: taxRows,
  shelter: shelterRows,
  transport: transportRows,
};

type CellValue = string | number | boolean | null;
type AnyRow = Readonly<Record<string, CellValue>>;

interface AnyRowSource {
  readonly count: number;
  row(index: number): AnyRow;
}

function rowSource(table: FirstBatchTable, city: City): AnyRowSource {
  return ROW_SOURCES[table](city);
}

/** How many rows `generateTable` makes at a scale; exact, and the same for every seed. */
export function tableRows(table: FirstBatchTable, scale: number): number {
  return rowSource(table, createCity({ scale, seed: 0 })).count;
}

const CHUNK_CHARACTERS = 65_536;

/**
 * A table of the first batch as CSV (RFC 4180, LF, header first, null as an empty field) in chunks of whole lines,
 * 64 kB each. The same (table, scale, seed) gives the same bytes; memory does not grow with the table.
 */
export function* generateTable(table: FirstBatchTable, options: CityOptions): Generator<string, void, undefined> {
  const source = rowSource(table, createCity(options));
  const columns = TABLES[table].schema.columns.map(writerOf);
  let chunk = `${columns.map(({ name }) => name).join(',')}\n`;
  for (let index = 0; index < source.count; index++) {
    const row = source.row(index);
    let line = '';
    for (const { name, write } of columns) line += `${write(row[name] ?? null)},`;
    chunk += `${line.slice(0, -1)}\n`;
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}

interface ColumnWriter {
  readonly name: string;
  readonly write: (value: CellValue) => string;
}

function writerOf({ name, type, scale = 2 }: ColumnSchema): ColumnWriter {
  if (type === 'decimal') return { name, write: (value) => (value === null ? '' : Number(value).toFixed(scale)) };
  if (type === 'text') return { name, write: (value) => (value === null ? '' : quoted(String(value))) };
  return { name, write: (value) => (value === null ? '' : String(value)) };
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
