/**
 * `npm run -s test:requirements -- [--json] [id …]`: a line for each requirement of the source plan in scope, with the tests that enforce
 * it against a running gateway and the evidence that they found. The last line is a summary. Exit code 1 where one is unenforced.
 */
import { parseArgs } from 'node:util';
import { enforceAll } from './registry.ts';

const { values: options, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const lines = await enforceAll(
  (line) => {
    if (options.json) return console.log(JSON.stringify(line));
    console.log(`${line.enforced ? 'ok ' : 'NO '} ${line.requirement} ${line.paragraph}`);
    for (const { name, ok, found } of line.tests) console.log(`      ${ok ? '+' : '-'} ${name}\n        ${found}`);
  },
  positionals.length === 0 ? undefined : positionals,
);
const unenforced = lines.filter(({ enforced }) => !enforced).map(({ requirement }) => requirement);
console.log(JSON.stringify({ requirements: lines.length, unenforced: unenforced.length, missing: unenforced }));
process.exitCode = unenforced.length === 0 ? 0 : 1;
