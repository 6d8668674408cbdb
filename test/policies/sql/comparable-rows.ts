/** Numbers to nine significant digits; rows sorted where the query sets no order. */
export function comparable(rows: readonly (readonly unknown[])[], ordered: boolean): readonly string[] {
  const texts = rows.map((row) => JSON.stringify(row.map(normalise)));
  return ordered ? texts : texts.sort();
}

function normalise(cell: unknown): unknown {
  if (typeof cell === 'boolean' || cell === null) return cell;
  const text = String(cell);
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return text.replace(/ 00:00:00$/, '');
  return Number(Number(text).toPrecision(9));
}
