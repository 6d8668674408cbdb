/**
 * `npm run -s bench -- <area> [--tiny] [--json]`: runs bench/<area>.bench.ts and prints its figures; with `--json` the
 * last line is JSON. Every bench pairs its figure with a reference measured in the same run (RESULTS.md).
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

export interface BenchOptions {
  readonly tiny: boolean;
  readonly log: (line: string) => void;
}
export type Bench = (options: BenchOptions) => Promise<Record<string, unknown>>;

const areas = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.bench.ts'))
  .map((name) => name.slice(0, -'.bench.ts'.length));

function machine(): Record<string, unknown> {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', cwd: import.meta.dirname }).trim();
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    commit: existsSync(`${import.meta.dirname}/../.git`) ? git('rev-parse', '--short', 'HEAD') : null,
  };
}

async function main(args: readonly string[]): Promise<number> {
  const area = args.find((arg) => !arg.startsWith('--'));
  if (area === undefined || !areas.includes(area)) {
    console.error(`usage: npm run -s bench -- <${areas.join('|')}> [--tiny] [--json]`);
    return 2;
  }
  const json = args.includes('--json');
  const { default: bench } = (await import(`./${area}.bench.ts`)) as { default: Bench };
  const measuredOn = machine(); // before: the commit may be another one by the end
  const figures = await bench({ tiny: args.includes('--tiny'), log: (line) => console.log(line) });
  const result = { bench: area, ...figures, machine: measuredOn };
  if (json) console.log(JSON.stringify(result));
  else console.log(JSON.stringify(result, null, 2));
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
