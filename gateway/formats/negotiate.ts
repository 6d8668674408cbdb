import { AppError } from '#policies';

interface AcceptRange {
  readonly type: string;
  readonly weight: number;
}

/**
 * The offered media type that the Accept header prefers (RFC 9110 §12.5.1); the first offer where nothing decides.
 * The most specific range that matches an offer gives its weight. Errors: NOT_ACCEPTABLE when every weight is 0.
 */
export function chooseMediaType<T extends string>(accept: string | undefined, offers: readonly [T, ...T[]]): T {
  const ranges = readRanges(accept);
  if (ranges.length === 0) return offers[0];
  let best: { readonly offer: T; readonly weight: number } | null = null;
  for (const offer of offers) {
    const weight = weightOf(offer, ranges);
    if (weight > (best?.weight ?? 0)) best = { offer, weight };
  }
  if (best === null) throw new AppError('NOT_ACCEPTABLE', { accepted: offers });
  return best.offer;
}

function readRanges(accept: string | undefined): AcceptRange[] {
  return (accept ?? '')
    .slice(0, 4_000)
    .split(',')
    .map((part) => part.split(';').map((word) => word.trim().toLowerCase()))
    .flatMap(([type = '', ...parameters]) => (type.includes('/') ? [{ type, weight: readWeight(parameters) }] : []));
}

function readWeight(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  const weight = q === undefined ? 1 : Number(q.slice(2));
  return weight >= 0 && weight <= 1 ? weight : 0;
}

function weightOf(offer: string, ranges: readonly AcceptRange[]): number {
  const family = `${offer.split('/')[0]}/*`;
  for (const type of [offer, family, '*/*']) {
    const matching = ranges.filter((range) => range.type === type);
    if (matching.length > 0) return Math.max(...matching.map((range) => range.weight));
  }
  return 0;
}
