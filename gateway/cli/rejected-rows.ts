import { z } from 'zod';
import type { RejectReason } from '#sandbox';
import type { Wording } from '../config-variables.ts';
import type { Cli } from './cli.ts';

/** A row that was not taken: where, and why, never its value. */
interface RejectedRow {
  readonly line: number;
  readonly column: string | null;
  readonly reason: string;
}

const REASONS: Readonly<Record<RejectReason, Wording>> = {
  columns: { en: 'more or fewer fields than the header names', zh: '字段数与表头不符' },
  quote: { en: 'a quote that never closes, or stands where none may', zh: '引号未闭合，或出现在不应出现的位置' },
  encoding: { en: 'bytes that are no text in the encoding of the file', zh: '含有不符合文件编码的字节' },
  null: { en: 'empty, where a value is declared', zh: '为空，而登记要求有值' },
  type: { en: 'no value of the declared type', zh: '不是登记类型的值' },
  scale: { en: 'more digits after the point than declared', zh: '小数位数超过登记' },
  bounds: { en: 'outside the declared bounds', zh: '超出登记的上下界' },
  values: { en: 'not in the declared list', zh: '不在登记的取值列表中' },
  length: { en: 'longer than declared', zh: '长度超过登记' },
  'identifier-format': { en: 'an identifier of more than 256 characters', zh: '标识项超过 256 个字符' },
};

/** As an upload and its refusal list them. */
export const rejectedRows = z.array(
  z.looseObject({ line: z.number(), column: z.string().nullable(), reason: z.string() }),
);

/** WHY said: a file that was cut off after its header looks like any other that was taken. */
export const NO_ROWS: Wording = {
  en: '  the file has a header and no rows: what was made of it is empty',
  zh: '  该文件只有表头而没有数据行：所得内容为空',
};

/** Rejected rows shown; the rest is counted. */
const SHOWN_MAX = 20;

/** A line for each of the first of them, and how many more there are. @param total of them, listed or not */
export function rejectedLines(rejected: readonly RejectedRow[], total: number, { words }: Cli): readonly string[] {
  const shown = rejected.slice(0, SHOWN_MAX).map(({ line, column, reason }) => {
    const { en, zh } = Object.hasOwn(REASONS, reason) ? REASONS[reason as RejectReason] : { en: reason, zh: reason };
    return words({
      en: `  line ${line}${column === null ? '' : `, column \`${column}\``}: ${en}`,
      zh: `  第 ${line} 行${column === null ? '' : `，列 \`${column}\``}：${zh}`,
    });
  });
  const more = total - shown.length;
  return more > 0 ? [...shown, words({ en: `  … ${more} more`, zh: `  … 另有 ${more} 行` })] : shown;
}
