/**
 * `npm run -s test:custodian -- [--json] [--tiny]`: a gateway, a provider and ciphertext that are not what they should be, against a real
 * custodian over HTTP. With `--json` a line per attack; the last line is the summary. Exit code 1 where something was learnt, refused
 * without saying why, missing in the custodian's log, or proved nothing because its control failed.
 */

import { parseArgs } from 'node:util';
import { runCustodianAttacks } from './custodian-suite.ts';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, tiny: { type: 'boolean', default: false } },
});
const summary = await runCustodianAttacks({
  tiny: options.tiny,
  report(figure) {
    const { group, name, leaked, refusal, control } = figure;
    const proof = control ? 'works unprotected' : 'CONTROL FAILS';
    console.log(
      options.json
        ? JSON.stringify(figure)
        : `${leaked ? 'LEAKED' : 'held'}  ${group}  ${name}: ${refusal}  (${proof})`,
    );
  },
});
console.log(JSON.stringify(summary));
process.exitCode = summary.ok ? 0 : 1;
