import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { RunFigure } from './summary.ts';

/** What a campaign is of: a record of another one is not gone on with. */
export interface Campaign {
  readonly runs: number;
  readonly seed: number;
  readonly only: string;
  readonly commit: string;
}

/** The finished runs of a campaign in a file, a line each, so that an interruption loses the run that is under way and no other. */
export interface FaultRecord {
  readonly done: ReadonlyMap<number, RunFigure>;
  keep(index: number, figure: RunFigure): void;
}

/** Without a file nothing is kept. */
export function openRecord(path: string | undefined, campaign: Campaign): FaultRecord {
  if (path === undefined) return { done: new Map(), keep: () => undefined };
  const head = JSON.stringify(campaign);
  if (!existsSync(path)) appendFileSync(path, `${head}\n`);
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  writeFileSync(path, whole.map((line) => `${line}\n`).join('')); // what was cut off is run again
  const [kept, ...lines] = whole;
  if (kept !== head) throw new Error(`${path} is of another campaign: ${kept}`);
  const done = lines.map((line) => JSON.parse(line) as { readonly index: number; readonly figure: RunFigure });
  return {
    done: new Map(done.map(({ index, figure }) => [index, figure])),
    keep: (index, figure) => appendFileSync(path, `${JSON.stringify({ index, figure })}\n`),
  };
}
