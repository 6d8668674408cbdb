/**
 * `npm run -s test:log -- [--json] [--tiny]`: everything that can be done to a log, against the check that has to see it.
 * The last line is a summary, as JSON. Exit code 1 where a change went undetected, the wrong entry was named, a published
 * vector does not come out, or a crash cost anything.
 */

import { parseArgs } from 'node:util';
import { runLogCampaign } from './log-campaign.ts';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, tiny: { type: 'boolean', default: false } },
});
const summary = await runLogCampaign({ tiny: options.tiny }, (figure) => {
  console.log(options.json ? JSON.stringify(figure) : Object.values(figure).map(String).join('  '));
});
console.log(options.json ? JSON.stringify(summary) : JSON.stringify(summary, null, 2));
process.exitCode = summary.ok ? 0 : 1;
