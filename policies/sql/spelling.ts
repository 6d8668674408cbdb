import type { Offset } from './plan.ts';

/** How people write what the parser or the plan calls otherwise: for messages. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ...{ eq: '=', neq: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=', in: 'IN', between: 'BETWEEN' },
  ...{ distinct_from: 'IS DISTINCT FROM', not_distinct: 'IS NOT DISTINCT FROM' },
  ...{ '~~': 'LIKE', '~~*': 'ILIKE', '~~~': 'GLOB', like_escape: 'LIKE … ESCAPE', '!__postfix': '!' },
  ...{ count_star: 'count(*)' },
};

export function spelled(name: string): string {
  return Object.hasOwn(SPELLINGS, name) ? (SPELLINGS[name] ?? name) : name;
}

/** A comparison as it stands in the text: `!=` is not `<>`. */
export function comparisonWritten(text: string, fn: string, at: Offset): string {
  const sign = at === null ? null : /^(?:<>|[!=]=|[<>]=?|=)/u.exec(text.slice(at, at + 2));
  return sign?.[0] ?? spelled(fn);
}
