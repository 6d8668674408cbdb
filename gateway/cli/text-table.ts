import { plain } from './http-client.ts';

export type TableCell = string | number | boolean | null;

/** Rows as aligned text with a rule under the head. Numbers stand right; null shows as `·`; one line per row. */
export function textTable(head: readonly string[], rows: readonly (readonly TableCell[])[]): string {
  const lines = [head, ...rows.map((row) => row.map(cellText))].map((line) => line.map(oneLine));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => displayWidth(line[column] ?? ''))));
  const isRight = head.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const show = (line: readonly string[]) =>
    line
      .map((text, column) => pad(text, widths[column] ?? 0, isRight[column] === true))
      .join('  ')
      .trimEnd();
  const [first = [], ...rest] = lines;
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return `${[show(first), rule, ...rest.map(show)].join('\n')}\n`;
}

function cellText(cell: TableCell): string {
  return cell === null ? '·' : String(cell);
}

function oneLine(text: string): string {
  return plain(text).replace(/\n/g, ' ');
}

function pad(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return right ? space + text : text + space;
}

/** Terminal columns: East Asian wide characters take two (UAX #11, the blocks that Chinese text uses). */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text)
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u.test(
        character,
      )
        ? 2
        : 1;
  return width;
}
