import type { CampaignTable } from './laboratory.ts';

/** One row a person: its group, of a public list, its number in the group, and its bit, a measure. */
export function privateTable(name: string, bits: readonly (readonly number[])[]): CampaignTable {
  const columns: CampaignTable['columns'] = [
    { name: 'id', type: 'text', role: 'identifier', rowsPerUnitMax: 1 },
    { name: 'g', type: 'text', role: 'dimension', values: bits.map((_, group) => `g${group}`) },
    { name: 'serial', type: 'integer', role: 'quasi-identifier' },
    { name: 'bit', type: 'integer', role: 'measure', bounds: { min: 0, max: 1 } },
  ];
  const rows = bits.flatMap((group, at) =>
    group.map((bit, serial) => [`person-${at}-${serial}`, `g${at}`, BigInt(serial), BigInt(bit)]),
  );
  return { name, columns, rows };
}
