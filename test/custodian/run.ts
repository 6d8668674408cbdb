/**
 * `npm run -s test:custodian -- [--json] [--tiny]`: a gateway, a provider and ciphertext that are not what they should be, against a real
 * custodian over HTTP. With `--json` a line per attack; the last line is the summary. Exit code 1 where something was learnt, refused
 * without saying why, missing in the custodian's log, or proved nothing because its control failed.
 *
 * `-- --exactness [--cipher ashe-v1|bgv-v1] [--queries N] [--seed N] [--json]`: instead, 1,000 generated queries through SQL, gateway, engine and custodian, the noise
 * away, held against the plain data. Exit code 1 where one differs, or is refused.
 */

import { parseArgs } from 'node:util';
import { runCustodianAttacks } from './custodian-suite.ts';
import { runExactness } from './exactness/campaign.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    tiny: { type: 'boolean', default: false },
    exactness: { type: 'boolean', default: false },
    cipher: { type: 'string', default: 'ashe-v1' },
    queries: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '20261127' },
  },
});

process.exitCode = (await (options.exactness ? exactness() : attacks())) ? 0 : 1;

async function attacks(): Promise<boolean> {
  const summary = await runCustodianAttacks({
    tiny: options.tiny,
    report(figure) {
      const { group, name, leaked, refusal, control } = figure;
      const proof = control ? 'works unprotected' : 'CONTROL FAILS';
      const text = `${leaked ? 'LEAKED' : 'held'}  ${group}  ${name}: ${refusal}  (${proof})`;
      console.log(options.json ? JSON.stringify(figure) : text);
    },
  });
  console.log(JSON.stringify(summary));
  return summary.ok;
}

async function exactness(): Promise<boolean> {
  const scheme = options.cipher === 'bgv-v1' ? 'bgv-v1' : 'ashe-v1';
  const summary = await runExactness(scheme, BigInt(options.seed), Number(options.queries), (query) => {
    if (options.json) console.log(JSON.stringify(query));
  });
  console.log(JSON.stringify(summary));
  return summary.differing.length + summary.refused.length === 0 && summary.controls > 0;
}
