import { problemOf } from '../../../gateway/problem.ts';
import type { AppError } from '../../../policies/errors.ts';

/** Cells and tables of the reference page. */

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
export const code = (text: string): string => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``);
export const codes = (texts: readonly string[]): string => texts.map(code).join(', ');

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What would be accepted instead, as the problem's own words say it. */
export function insteadOf(refusal: AppError): string {
  const { detail, hint } = problemOf({ code: refusal.code, facts: refusal.facts, place: null }, 'en');
  return refusal.code === 'SQL_TYPE_MISMATCH' ? detail : hint.replace(/^accepted(?: instead)?: /, '');
}
