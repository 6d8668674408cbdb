import { z } from 'zod';
import { base64Of, bytesOf } from './block-state.ts';
import type { PlainRows } from './plain-rows.ts';

/** Rows in the clear that wait for others, as the journal has them, in the provider's own folder. */
export const waitingRows = z.object({
  records: z.array(z.string()),
  values: z.array(z.string()),
  units: z.array(z.string()),
});
type WaitingRows = z.output<typeof waitingRows>;
type Rows = Omit<PlainRows, 'sha256'>;

export function waitingText({ count, records, values, units }: Rows): WaitingRows | null {
  if (count === 0) return null;
  return { records: [...records], values: values.map(base64Of), units: units.map(base64Of) };
}

/** The rows that waited, then others. */
export function afterWaiting(waiting: WaitingRows | null, rows: Rows): Rows {
  if (waiting === null) return rows;
  const values = waiting.values.map((one) => new BigInt64Array(bytesOf(one).buffer));
  const units = waiting.units.map((one) => new Uint32Array(bytesOf(one).buffer));
  return {
    count: waiting.records.length + rows.count,
    records: [...waiting.records, ...rows.records],
    values: values.map((one, at) => joined(BigInt64Array, one, rows.values[at])),
    units: units.map((one, at) => joined(Uint32Array, one, rows.units[at])),
  };
}

function joined<T extends BigInt64Array | Uint32Array>(make: new (length: number) => T, first: T, second?: T): T {
  const both = new make(first.length + (second?.length ?? 0));
  both.set(first as never, 0);
  if (second !== undefined) both.set(second as never, first.length);
  return both;
}

export const NO_ROWS: Rows = { count: 0, records: [], values: [], units: [] };

export function rowsFrom({ count, records, values, units }: Rows, start: number, end = count): Rows {
  return {
    count: end - start,
    records: records.slice(start, end),
    values: values.map((one) => one.slice(start, end)),
    units: units.map((one) => one.slice(start, end)),
  };
}
