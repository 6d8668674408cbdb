/**
 * `npm run -s test:attack -- [--json] [--seed N] [--only ID[,ID]] [--mode MODE] [--tiny]`: every attack against a real
 * gateway, each beside its control with the protection off. With `--json` a line per attack and mode, last a summary.
 * Exit code 1 where an attack is out of its bar that SECURITY.md does not admit, or a control fails.
 */

import { parseArgs } from 'node:util';
import type { AttackFigure } from './attack-figure.ts';
import { CAMPAIGNS } from './campaigns/index.ts';
import { openLaboratory } from './campaigns/laboratory.ts';
import { runCampaign } from './campaigns/run-campaigns.ts';
import { runSingleQueries } from './single-queries.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    tiny: { type: 'boolean', default: false },
    seed: { type: 'string', default: '20261127' },
    only: { type: 'string' },
    mode: { type: 'string' },
  },
});
const seed = Number(options.seed);
if (!Number.isSafeInteger(seed)) throw new Error('--seed is a whole number');
const only = options.only?.split(',') ?? null;

function isWanted(id: string): boolean {
  return only === null || only.some((wanted) => id === wanted || id.startsWith(`${wanted}.`));
}
const isWantedMode = (mode: string): boolean => options.mode === undefined || options.mode === mode;

const figures: AttackFigure[] = [];
function report(figure: AttackFigure): void {
  figures.push(figure);
  console.log(options.json ? JSON.stringify(figure) : lineOf(figure));
}

function lineOf(figure: AttackFigure): string {
  const {
    id,
    mode,
    name,
    measured,
    bar,
    side,
    wilsonUpper,
    control,
    controlBar,
    within,
    admitted,
    controlSucceeded,
    seconds,
  } = figure;
  const number = (value: number | null) => (value === null ? '–' : Number(value.toPrecision(4)).toString());
  const verdict = within === null ? 'not built' : within ? 'within' : admitted === null ? 'OUT' : 'admitted';
  const sign = side === 'most' ? '≤' : '≥';
  const upper = wilsonUpper === null ? '' : ` (upper ${number(wilsonUpper)})`;
  const against = `control ${number(control)}${controlSucceeded ? '' : ` FAILS ${number(controlBar)}`}`;
  const through = Array.isArray(figure.detail['through']) ? ` ${figure.detail['through'].join(' ')}` : '';
  return `${id.padEnd(5)}${mode.padEnd(11)}${verdict.padEnd(10)}${number(measured)}${upper} ${sign} ${bar}, ${against}  ${name}${through}  ${seconds.toFixed(1)} s`;
}

if (!options.json) console.log(`seed ${seed}${options.tiny ? ', tiny' : ''}`);
await runSingleQueries({ isWanted, isWantedMode, tiny: options.tiny, seed, report });
const campaigns = CAMPAIGNS.filter(({ id }) => isWanted(id));
if (campaigns.length > 0) {
  const laboratory = await openLaboratory();
  try {
    for (const campaign of campaigns)
      for (const mode of campaign.modes.filter(isWantedMode))
        report(await runCampaign(campaign, mode, { laboratory, seed, tiny: options.tiny }));
  } finally {
    await laboratory.close();
  }
}

const nameOf = ({ id, mode }: AttackFigure): string => `${id} ${mode}`;
const isOut = ({ within, admitted }: AttackFigure): boolean => within === false && admitted === null;
const summary = {
  attacks: figures.length,
  within: figures.filter(({ within }) => within === true).length,
  out: figures.filter(isOut).map(nameOf),
  admitted: figures.filter(({ within, admitted }) => within === false && admitted !== null).map(nameOf),
  notBuilt: figures.filter(({ built }) => !built).length,
  controlsSucceeding: figures.filter(({ controlSucceeded }) => controlSucceeded).length,
  seed,
};
console.log(JSON.stringify(summary));
process.exitCode = summary.out.length > 0 || summary.controlsSucceeding < summary.attacks ? 1 : 0;
