import type { ErrorCode, ErrorFacts } from '#policies';
import { type PhraseLanguage, phraseFor } from './phrases.ts';

/**
 * The words for one error code in one language. `{fact}` is filled from the error's facts; a part in `[…]` stands only
 * when every fact in it is known. The user's own words and SQL stand in backticks; what policies and catalogue say in
 * words of their own (`phrases.ts`) comes in the language of the message, without them.
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
const PLACEHOLDER = /`\{(?<quoted>\w+)\}`|\{(?<plain>\w+)\}/g;
/** A placeholder with the spaces that Chinese puts around what is not Chinese. */
const SPACED = /((?<=\p{Script=Han}) )?(`\{\w+\}`|\{\w+\})( (?=\p{Script=Han}))?/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** How a language fills a template. */
export interface Filling {
  /** Stands between the items of a list. */
  readonly join: string;
  /** A fact may come in two languages: `problem` and `problemZh`. The one with this suffix wins where it is there. */
  readonly suffix: string;
  /** Of `phrases.ts`. */
  readonly phrases: PhraseLanguage;
}

/** Fills a template. A fact that is missing outside `[…]` leaves nothing behind. */
export function fillTemplate(template: string, facts: ErrorFacts, filling: Filling): string {
  const fact = (name: string): string[] => wordsOf(facts[name + filling.suffix] ?? facts[name]);
  const isKnown = (name: string): boolean => fact(name).some((word) => word !== '');
  const kept = template.replace(/\[([^[\]]*)\]/g, (_, part: string) =>
    placeholdersOf(part).every(isKnown) ? part : '',
  );
  const filled = kept.replace(
    SPACED,
    (_, before: string | undefined, placeholder: string, after: string | undefined) => {
      const quoted = placeholder.startsWith('`');
      const [name = ''] = placeholdersOf(placeholder);
      const text = fact(name)
        .map((word) => wording(name, word, quoted, filling))
        .join(filling.join);
      return `${/^\p{Script=Han}/u.test(text) ? '' : (before ?? '')}${text}${/\p{Script=Han}$/u.test(text) ? '' : (after ?? '')}`;
    },
  );
  return filled.trim();
}

function wording(fact: string, word: string, quoted: boolean, { phrases }: Filling): string {
  return phraseFor(fact, word, quoted, phrases) ?? (quoted ? `\`${word}\`` : word);
}

/** The placeholders of a template, also for the test that ties messages to facts. */
export function placeholdersOf(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].map((match) => match.groups?.['quoted'] ?? match.groups?.['plain'] ?? '');
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
