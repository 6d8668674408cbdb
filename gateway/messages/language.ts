import { EN } from './en.ts';
import type { Filling, MessageCatalogue } from './message.ts';
import { ZH_CN } from './zh-cn.ts';

export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

export const CATALOGUES: Readonly<Record<Language, MessageCatalogue>> = { 'zh-CN': ZH_CN, en: EN };
export const FILLINGS: Readonly<Record<Language, Filling>> = {
  'zh-CN': { join: '、', suffix: 'Zh', phrases: 'zh' },
  en: { join: ', ', suffix: '', phrases: 'en' },
};

/**
 * The language of an answer by RFC 9110 §12.5.4: the acceptable one with the highest weight; Chinese first on a tie and
 * where the header is absent or names neither.
 */
export function chooseLanguage(acceptLanguage: string | undefined): Language {
  let best: { language: Language; weight: number } = { language: 'zh-CN', weight: 0 };
  for (const part of (acceptLanguage ?? '').slice(0, 1_000).split(',')) {
    const [range = '', ...parameters] = part.split(';').map((word) => word.trim());
    const language = languageOf(range.toLowerCase());
    const weight = weightOf(parameters);
    if (language === null || weight < best.weight || weight === 0) continue;
    if (weight > best.weight || language === 'zh-CN') best = { language, weight };
  }
  return best.language;
}

function languageOf(range: string): Language | null {
  if (range === '*' || range === 'zh' || range.startsWith('zh-')) return 'zh-CN';
  return range === 'en' || range.startsWith('en-') ? 'en' : null;
}

function weightOf(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => /^q=/i.test(parameter));
  if (q === undefined) return 1;
  const weight = Number(q.slice(2));
  return weight >= 0 && weight <= 1 ? weight : 0;
}
