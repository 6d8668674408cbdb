import type { CellPlace, ReportSpec, TracedNumber } from './product-content.ts';
import type { MaterialReport } from './product-material.ts';
import { invalidProduct, needInProduct } from './product-problem.ts';
import { numberOf, numberPlaceOf, placeOf, type SourceTable } from './source-table.ts';

const NUMBERS_MAX = 500;
const CELLS_MAX = 100;
const DECIMALS_MAX = 6;
const PLACE = /\{\{([a-z][a-z0-9_]{0,31})\}\}/g;
/** Digits of every script, and Chinese numerals where two stand together or one has a unit of counting: 三百, 百分之五, 十二. */
const NUMERAL = /\p{N}|百分之|[〇零一二两三四五六七八九十百千万亿]{2,}/u;

/**
 * 数据报告. Every number is traced: it stands for cells of a source, and the gateway writes it. Outside such places no numeral stands but in
 * phrases that are named with a reason.
 *
 * SAD PATH: a number in English words, or one Chinese numeral by itself, is for the reviewer to find.
 *
 * @throws AppError `PRODUCT_INVALID`.
 */
export function composeReport({ text, numbers, said }: ReportSpec, sources: readonly SourceTable[]): MaterialReport {
  needInProduct(numbers.length > 0 && numbers.length <= NUMBERS_MAX, 'numbers', `1 to ${NUMBERS_MAX} of them`);
  const written = new Map(numbers.map((one, at) => [one.name, writtenNumber(one, sources, `numbers[${at}]`)]));
  needInProduct(written.size === numbers.length, 'numbers', 'two have one name');
  for (const [at, { text: phrase }] of said.entries()) {
    const isUsed = text.zh.includes(phrase) || text.en.includes(phrase);
    needInProduct(isUsed && phrase.trim() !== '', `said[${at}]`, 'it does not stand in the text');
  }
  const compose = (body: string, path: string) => {
    checkNumerals(body, said, path);
    return body.replace(PLACE, (_, name: string) => {
      const found = written.get(name);
      needInProduct(found !== undefined, path, `no number \`${name}\``);
      return found;
    });
  };
  const composed = { zh: compose(text.zh, 'text.zh'), en: compose(text.en, 'text.en') };
  for (const { name } of numbers) {
    const place = `{{${name}}}`;
    needInProduct(
      text.zh.includes(place) || text.en.includes(place),
      'numbers',
      `\`${name}\` stands nowhere in the text`,
    );
  }
  return {
    kind: 'report',
    text: composed,
    numbers: numbers.map(({ name }) => ({ name, text: written.get(name) ?? '' })),
  };
}

/** @throws where a numeral stands outside places and named phrases. */
function checkNumerals(body: string, said: ReportSpec['said'], path: string): void {
  // Longest first: one phrase may be a part of another.
  const phrases = said.map(({ text }) => text).toSorted((a, b) => b.length - a.length);
  const rest = phrases.reduce((left, phrase) => left.replaceAll(phrase, ' '), body.replace(PLACE, ' '));
  const found = NUMERAL.exec(rest);
  if (found === null) return;
  const around = rest.slice(Math.max(0, found.index - 8), found.index + 12).trim();
  throw invalidProduct(
    path,
    `the number at \`${around}\` is not traced: put a place for it, or name the phrase in \`said\``,
  );
}

function writtenNumber({ of, cells, decimals }: TracedNumber, sources: readonly SourceTable[], path: string): string {
  needInProduct(decimals >= 0 && decimals <= DECIMALS_MAX, path, `0 to ${DECIMALS_MAX} decimals`);
  if (of === 'sum') needInProduct(cells.length > 0 && cells.length <= CELLS_MAX, path, `1 to ${CELLS_MAX} cells`);
  else
    needInProduct(cells.length === (of === 'value' ? 1 : 2), path, `\`${of}\` takes ${of === 'value' ? 1 : 2} cells`);
  const values = cells.map((cell, at) => cellAt(cell, sources, `${path}.cells[${at}]`));
  const value = combined(of, values);
  needInProduct(Number.isFinite(value) && Math.abs(value) < 1e15, path, 'it has no value');
  return value.toFixed(decimals);
}

function combined(of: TracedNumber['of'], values: readonly number[]): number {
  const [first = Number.NaN, second = Number.NaN] = values;
  switch (of) {
    case 'value':
      return first;
    case 'sum':
      return values.reduce((total, value) => total + value, 0);
    case 'difference':
      return first - second;
    case 'ratio':
      return first / second;
    case 'percent':
      return (100 * first) / second;
  }
}

function cellAt({ source, column, where }: CellPlace, sources: readonly SourceTable[], path: string): number {
  const table = sources[source];
  needInProduct(table !== undefined, path, 'there is no such source');
  const place = numberPlaceOf(table, column, path);
  const conditions = Object.entries(where).map(([name, value]) => [placeOf(table, name, path), value] as const);
  const rows = table.rows.filter((row) => conditions.every(([at, value]) => String(row[at] ?? '') === value));
  needInProduct(rows.length === 1, path, rows.length === 0 ? 'no row is meant' : 'more than one row is meant');
  const value = numberOf(rows[0]?.[place]);
  needInProduct(value !== null, path, 'the cell is hidden');
  return value;
}
