import type { ZodError } from 'zod';
import { AppError } from '#policies';

/** A sentence in both languages. */
export interface Sentence {
  readonly en: string;
  readonly zh: string;
}

const PROBLEMS_MAX = 20;

/** REQUEST_INVALID with what is wrong, in both languages. */
export function requestInvalid(problems: readonly Sentence[]): AppError {
  const shown = problems.slice(0, PROBLEMS_MAX);
  return new AppError('REQUEST_INVALID', {
    problems: shown.map(({ en }) => en),
    problemsZh: shown.map(({ zh }) => zh),
  });
}

/** What a schema found, each with its path in the request: `body.tables[0].columns: at least 1 is needed`. */
export function sentencesOf(error: ZodError, part: string): Sentence[] {
  return error.issues.map((issue) => {
    const path = pathOf(part, issue.path);
    const { en, zh } = describe(issue);
    return { en: `${path}: ${en}`, zh: `${path}：${zh}` };
  });
}

function pathOf(part: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}.${String(step)}`),
    part,
  );
}

type Issue = ZodError['issues'][number];

function describe(issue: Issue): Sentence {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'nonoptional') return { en: 'is missing', zh: '缺失' };
      return { en: `must be of type ${issue.expected}`, zh: `类型应为 ${issue.expected}` };
    case 'unrecognized_keys':
      return { en: `unknown: ${issue.keys.join(', ')}`, zh: `未知的项：${issue.keys.join('、')}` };
    case 'invalid_value':
      return { en: `must be one of ${issue.values.join(', ')}`, zh: `应为 ${issue.values.join('、')} 之一` };
    case 'too_big':
      return { en: `at most ${issue.maximum} is accepted`, zh: `不得超过 ${issue.maximum}` };
    case 'too_small':
      return { en: `at least ${issue.minimum} is needed`, zh: `不得少于 ${issue.minimum}` };
    case 'invalid_format':
      return formatOf(issue);
    default:
      return { en: 'is not accepted', zh: '不被接受' };
  }
}

function formatOf({ format, pattern }: Extract<Issue, { code: 'invalid_format' }>): Sentence {
  if (format === 'date') return { en: 'must be a date as YYYY-MM-DD', zh: '应为日期，格式 YYYY-MM-DD' };
  if (format === 'datetime')
    return {
      en: 'must be an instant with its zone, as 2026-03-04T08:00:00+08:00',
      zh: '应为带时区的时刻，如 2026-03-04T08:00:00+08:00',
    };
  return pattern === undefined
    ? { en: `must be a ${format}`, zh: `格式应为 ${format}` }
    : { en: `must match ${pattern}`, zh: `格式应为 ${pattern}` };
}
