import type { Command } from 'commander';
import { z } from 'zod';
import { type Cli, printJson } from './cli.ts';
import { addClientOptions, type ClientOptions, createClient } from './http-client.ts';
import { textTable } from './text-table.ts';

const amounts = z.looseObject({ limit: z.number().nullable(), spent: z.number(), remaining: z.number().nullable() });
const both = z.looseObject({ rho: amounts, epsilon: amounts });
const page = z.looseObject({
  items: z.array(amounts.extend({ plan: z.string(), reserved: z.number() })),
  privacy: z.array(
    z.looseObject({
      resource: z.string(),
      unit: z.string(),
      everybody: both,
      organisation: both.nullable(),
      analyst: both.nullable(),
      plans: z.array(both.extend({ plan: z.string() })),
      forecast: z.looseObject({ releasesLikeLast: z.number().nullable(), exhaustedOn: z.string().nullable() }),
    }),
  ),
});
type Page = z.output<typeof page>;

/** `sluice budgets`: what plans have used, and what is left of privacy, to whom and for how long. */
export function register(program: Command, cli: Cli): void {
  const command = program
    .command('budgets')
    .description(cli.words({ en: 'show what is left of jobs and of privacy', zh: '显示作业额度与隐私预算的剩余' }));
  addClientOptions(command, cli).action(async (options: ClientOptions) => {
    const client = await createClient(options, cli);
    const answer = await client.request({ method: 'GET', path: '/v1/budgets?limit=200' });
    if (cli.json) printJson(cli, answer);
    else cli.out(budgetsText(page.parse(answer), cli));
  });
}

function budgetsText({ items, privacy }: Page, { words }: Cli): string {
  const jobs = items.map(({ plan, limit, spent, reserved, remaining }) => [plan, limit, spent + reserved, remaining]);
  const head = words({ en: 'plan limit used left', zh: '方案 上限 已用 剩余' }).split(' ');
  if (privacy.length === 0) return textTable(head, jobs);
  const whose = words({
    en: 'privacy|budget of|ρ limit|ρ spent|ρ left|ε spent',
    zh: '隐私|归属|ρ 上限|ρ 已用|ρ 剩余|ε 已用',
  }).split('|');
  const forecasts = privacy.flatMap(({ resource, unit, forecast }) => {
    const { releasesLikeLast, exhaustedOn } = forecast;
    if (releasesLikeLast === null) return [];
    const more = words({
      en: `${resource}.${unit}: ${releasesLikeLast} more like the last`,
      zh: `${resource}.${unit}：还可发布 ${releasesLikeLast} 次（按最近一次）`,
    });
    const until =
      exhaustedOn === null ? '' : words({ en: `, exhausted on ${exhaustedOn}`, zh: `，预计于 ${exhaustedOn} 用完` });
    return [`${more}${until}\n`];
  });
  return [textTable(head, jobs), '\n', textTable(whose, privacyRows(privacy, words)), ...forecasts].join('');
}

function privacyRows(privacy: Page['privacy'], words: Cli['words']): readonly (readonly (string | number | null)[])[] {
  return privacy.flatMap(({ resource, unit, everybody, organisation, analyst, plans }) => {
    const row = (whose: string, { rho, epsilon }: z.output<typeof both>) => [
      `${resource}.${unit}`,
      whose,
      rho.limit,
      rho.spent,
      rho.remaining,
      Math.round(epsilon.spent * 1_000) / 1_000,
    ];
    return [
      row(words({ en: 'everybody', zh: '所有使用方' }), everybody),
      ...(organisation === null ? [] : [row(words({ en: 'your organisation', zh: '本机构' }), organisation)]),
      ...(analyst === null ? [] : [row(words({ en: 'you', zh: '本人' }), analyst)]),
      ...plans.map(({ plan, ...told }) => row(words({ en: `plan ${plan}`, zh: `方案 ${plan}` }), told)),
    ];
  });
}
