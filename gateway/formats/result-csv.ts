import { resultFacts } from './result-json.ts';
import type { StoredCell, StoredResult } from './stored-result.ts';

const BYTE_ORDER_MARK = '\uFEFF';

/**
 * A released result as RFC 4180 text: CRLF, a header line, quotes where needed; null is an empty field and the empty
 * text is `""`. A column with intervals is followed by `<name>_low95` and `<name>_high95`. Numbers in full, as stored.
 *
 * `spreadsheet` is for people who open the file in Excel or WPS: a byte order mark, without which Chinese text is
 * garbled there, and an apostrophe before text that those programs would run as a formula (CWE-1236). Programs want
 * neither, so it is not the default.
 */
export function resultCsv(result: StoredResult, options: { readonly spreadsheet: boolean }): string {
  const columns = result.columns.flatMap((column, index) =>
    csvColumns(result, column.name, result.values[index] ?? []),
  );
  const field = options.spreadsheet ? (cell: StoredCell) => csvField(neutralise(cell)) : csvField;
  const lines = [columns.map(({ name }) => field(name)).join(',')];
  for (let row = 0; row < result.rowCount; row++) {
    lines.push(csvLine(columns.map(({ cells }) => field(cells[row] ?? null))));
  }
  return `${options.spreadsheet ? BYTE_ORDER_MARK : ''}${lines.join('\r\n')}\r\n`;
}

/** The facts that the lines have no place for, as header fields; `Link` leads to the full JSON. */
export function resultCsvHeaders(job: string, outcomeIndex: number, result: StoredResult): Record<string, string> {
  const { suppressed, cost, versions } = resultFacts(result);
  const { cells, groups, reasons } = suppressed;
  return {
    'Sluice-Mode': result.mode,
    'Sluice-Suppressed': `cells=${cells}, groups=${groups}, reasons=(${reasons.join(' ')})`,
    'Sluice-Cost': `rho=${cost.rho}, epsilon=${cost.epsilonAtDelta}`,
    'Sluice-Versions': `profile="${versions.profile}", plan="${versions.plan}", query="${versions.query}"`,
    'Sluice-Receipt': `index=${outcomeIndex}`,
    Link: `</v1/jobs/${job}/result>; rel="describedby"; type="application/json", </v1/jobs/${job}/receipt>; rel="receipt"`,
  };
}

interface CsvColumn {
  readonly name: string;
  readonly cells: readonly StoredCell[];
}

function csvColumns(result: StoredResult, name: string, cells: readonly StoredCell[]): CsvColumn[] {
  const intervals = result.intervals[name];
  if (intervals === undefined) return [{ name, cells }];
  return [
    { name, cells },
    { name: `${name}_low95`, cells: intervals.map((interval) => interval?.[0] ?? null) },
    { name: `${name}_high95`, cells: intervals.map((interval) => interval?.[1] ?? null) },
  ];
}

/** WHY: a line of one empty field would read as no line at all. */
function csvLine(fields: readonly string[]): string {
  return fields.length === 1 && fields[0] === '' ? '""' : fields.join(',');
}

function csvField(cell: StoredCell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  return cell === '' || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Text that is a plain number stays: `-5` is no formula. */
function neutralise(cell: StoredCell): StoredCell {
  if (typeof cell !== 'string' || /^-?\d+(\.\d+)?$/.test(cell)) return cell;
  return /^[=+\-@\t\r\n＝＋－＠]/.test(cell) ? `'${cell}` : cell;
}
