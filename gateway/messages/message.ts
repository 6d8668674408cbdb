import type { ErrorCode, ErrorFacts } from '#policies';

/**
 * The words for one error code in one language. `{fact}` is filled from the error's facts; a part in `[…]` stands only
 * when every fact in it is known. The user's own words stand in backticks.
 */
export interface Message {
  readonly title: string;
  readonly detail: string;
  /** What would be accepted, or what to do next. */
  readonly hint: string;
}

/** Typed by the closed list of codes, so that a code without words does not compile. */
export type MessageCatalogue = Readonly<Record<ErrorCode, Message>>;

const FACT_LENGTH_MAX = 400;
const PLACEHOLDER = /`\{(\w+)\}`|\{(\w+)\}/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** How a language fills a template. */
export interface Filling {
  /** Stands between the items of a list. */
  readonly join: string;
  /** A fact may come in two languages: `problem` and `problemZh`. The one with this suffix wins where it is there. */
  readonly suffix: string;
}

/** Fills a template. A fact that is missing outside `[…]` leaves nothing behind. */
export function fillTemplate(template: string, facts: ErrorFacts, filling: Filling): string {
  const fact = (name: string): string[] => wordsOf(facts[name + filling.suffix] ?? facts[name]);
  const isKnown = (name: string): boolean => fact(name).some((word) => word !== '');
  const kept = template.replace(/\[([^[\]]*)\]/g, (_, part: string) =>
    placeholdersOf(part).every(isKnown) ? part : '',
  );
  const filled = kept.replace(PLACEHOLDER, (_, quoted: string | undefined, plain: string | undefined) => {
    if (quoted === undefined) return fact(plain ?? '').join(filling.join);
    return fact(quoted)
      .map((word) => `\`${word}\``)
      .join(filling.join);
  });
  return filled.trim();
}

/** The placeholders of a template, for the test that ties messages to facts. */
export function placeholdersOf(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? match[2] ?? '');
}

/** WHY: facts are the user's own words; one message is one line, and no longer than a person reads. */
function wordsOf(fact: ErrorFacts[string] | undefined): string[] {
  if (fact === undefined) return [];
  const list = typeof fact === 'object' ? fact : [String(fact)];
  return list.slice(0, 50).map((word) => shorten(word.replace(CONTROL, ' ')));
}

function shorten(word: string): string {
  return word.length > FACT_LENGTH_MAX ? `${word.slice(0, FACT_LENGTH_MAX)}…`.toWellFormed() : word;
}
