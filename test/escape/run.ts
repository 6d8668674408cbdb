/**
 * `npm run -s test:escape -- [--json] [--tiny]`: a worker that was taken over, and an engine that runs any statement, against
 * each tier of isolation that this machine has. With `--json` a line per attempt; the last line is the summary. Exit code 1
 * where something got out, lived a second too long, or proved nothing because its control failed.
 */

import { parseArgs } from 'node:util';
import { runEscapes } from './escape-suite.ts';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, tiny: { type: 'boolean', default: false } },
});
const summary = await runEscapes({
  tiny: options.tiny,
  report(figure) {
    const { tier, group, name, escaped, control, why } = figure;
    const proof = control === null ? `not proved here: ${why}` : control ? 'works unprotected' : 'CONTROL FAILS';
    console.log(
      options.json ? JSON.stringify(figure) : `${escaped ? 'ESCAPED' : 'held'}  ${tier}  ${group}  ${name}  (${proof})`,
    );
  },
});
if (!summary.tiers.includes('bubblewrap'))
  console.log('tier bubblewrap is not tested: bwrap is not installed on this machine');
console.log(JSON.stringify(summary));
process.exitCode = summary.ok ? 0 : 1;
