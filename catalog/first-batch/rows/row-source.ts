import { MONTHS } from '../city/calendar.ts';
import type { City } from '../city/city.ts';
import type { Firm } from '../city/firms.ts';
import type { Person } from '../city/people.ts';
import type { RowOf } from '../table-declaration.ts';

/** The rows of one table for one city. Any row can be made alone, so that memory does not grow with the table. */
export interface RowSource<Table> {
  readonly count: number;
  /** 0 ≤ index < count. */
  row(index: number): RowOf<Table>;
}
export type RowSourceFor<Table> = (city: City) => RowSource<Table>;

/** @E and @P of the declarations. */
export const enterpriseColumns = (firm: Firm) => ({
  uscc: firm.uscc,
  ent_name: firm.name,
  div_code: firm.division,
  industry_code: firm.industry,
});
export const personColumns = (person: Person) => ({
  id_no: person.idNo,
  person_name: person.name,
  sex: person.male ? '1' : '2',
  birth_date: person.birthDate,
  div_code: person.division,
});

/** Which firm and which of its months (0 = the first of the data) a row is about. */
export interface FirmMonth {
  readonly firm: Firm;
  readonly month: number;
}

/** Rows of `firms` firms, each with every month; `firmAt` says which firms, by default as if drawn by lot. */
export function monthlyRows<Table>(
  city: City,
  firms: number,
  row: (about: FirmMonth) => RowOf<Table>,
  firmAt: (index: number) => number = city.firms.shuffled,
): RowSource<Table> {
  return {
    count: firms * MONTHS,
    row: (index) => row({ firm: city.firms.firm(firmAt(Math.floor(index / MONTHS))), month: index % MONTHS }),
  };
}

export const digits = (value: number, length: number): string => String(value).padStart(length, '0');
export const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));
