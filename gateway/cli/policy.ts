import type { Command } from 'commander';
import { z } from 'zod';
import { type Cli, printJson } from './cli.ts';
import { CliFailure } from './failure.ts';
import { addClientOptions, type Client, type ClientOptions, createClient, plain } from './http-client.ts';

const entrySchema = z.looseObject({
  index: z.number(),
  kind: z.string(),
  at: z.string(),
  who: z.looseObject({ sub: z.string(), org: z.string(), role: z.string() }).optional(),
  plan: z.string().optional(),
  purpose: z.string().optional(),
  tables: z.array(z.looseObject({ resource: z.string(), columns: z.array(z.string()), level: z.string() })).optional(),
  grants: z.array(z.string()).optional(),
  mode: z.string().optional(),
  decision: z.string().optional(),
  code: z.string().optional(),
  policies: z.string().optional(),
});
type Entry = z.output<typeof entrySchema>;
const pageSchema = z.object({ items: z.array(entrySchema) });

const JOB = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** `sluice policy why`: by which policies of access, requirements, grants and levels it was decided, from the access log. */
export function register(program: Command, cli: Cli): void {
  const { words } = cli;
  const policy = program
    .command('policy')
    .description(words({ en: 'decisions and their reasons', zh: '决定及其依据' }));
  const why = policy
    .command('why')
    .description(words({ en: 'why a job was permitted or refused', zh: '作业为何获准或被拒' }))
    .argument(
      '<job>',
      words({ en: 'a job; or a plan, for its latest refusal', zh: '作业编号；或方案编号（最近一次拒绝）' }),
    );
  addClientOptions(why, cli).action(async (of: string, options: ClientOptions) => {
    const entries = await entriesOf(await createClient(options, cli), of);
    const decided = entries.find(({ policies }) => policies !== undefined);
    if (decided === undefined) {
      throw new CliFailure('NOT_FOUND', {
        en: `the log shows you no decision about ${of}`,
        zh: `日志中没有您可见的关于 ${of} 的决定`,
      });
    }
    const reasons = await reasonsOf(decided.policies ?? '');
    if (cli.json) printJson(cli, { entries, ...reasons });
    else cli.out(plain(whyText(of, decided, entries, reasons, cli)));
  });
}

/** Oldest first. */
async function entriesOf(client: Client, of: string): Promise<readonly Entry[]> {
  const filter = JOB.test(of) ? `job=${of}&limit=20` : `plan=${encodeURIComponent(of)}&kind=refusal&limit=1`;
  const { items } = pageSchema.parse(await client.request({ method: 'GET', path: `/v1/audit/entries?${filter}` }));
  return items.toSorted((a, b) => a.index - b.index);
}

interface Reasons {
  /** Ids of the policies that decided. */
  readonly policies: readonly string[];
  readonly set: string;
  /** False where the gateway that decided had other policies than this program: what they say may differ. */
  readonly isKnownSet: boolean;
  /** The requirements of the source plan that were not met, or all that are asked of a plan where it was permitted. */
  readonly requirements: readonly {
    readonly requirement: string;
    readonly paragraph: string;
    readonly title: string;
  }[];
}

/** `profile id,id@hash`, as log entries have it. */
async function reasonsOf(text: string): Promise<Reasons> {
  const { ACCESS_POLICIES, ACCESS_POLICIES_HASH, STANDING_REQUIREMENTS, standingPolicyId } = await import('#policies');
  const [ids = '', set = ''] = (text.split(' ').at(-1) ?? '').split('@');
  const policies = ids.split(',').filter((id) => id in ACCESS_POLICIES);
  const named = STANDING_REQUIREMENTS.filter((one) => policies.includes(standingPolicyId(one)));
  const asked = named.length > 0 ? named : STANDING_REQUIREMENTS;
  return {
    policies,
    set,
    isKnownSet: set === ACCESS_POLICIES_HASH,
    requirements: asked.map(({ requirement, paragraph, title }) => ({
      requirement,
      paragraph,
      title: `${title.zh} ${title.en}`,
    })),
  };
}

function whyText(of: string, decided: Entry, entries: readonly Entry[], reasons: Reasons, { words }: Cli): string {
  const { who, plan = '', purpose, tables = [], grants = [] } = decided;
  const refusal = entries.find(({ decision }) => decision === 'deny');
  const mode = entries.findLast((entry) => entry.mode !== undefined)?.mode;
  const requirements = reasons.requirements
    .map((one) => `${one.requirement} (${one.paragraph}) ${one.title}`)
    .join('; ');
  const isLacking = reasons.policies.some((id) => id.startsWith('plans-need-'));
  const lines = [
    refusal === undefined
      ? words({ en: `${of}: permitted`, zh: `${of}：获准` })
      : words({ en: `${of}: refused, ${refusal.code}`, zh: `${of}：被拒，${refusal.code}` }),
    `${words({ en: 'asked', zh: '申请' })}: ${who?.org}/${who?.sub} (${who?.role}), ${plan}, ${decided.at}`,
    purpose === undefined ? null : `${words({ en: 'purpose', zh: '用途' })}: ${purpose}`,
    `${words({ en: 'policies', zh: '访问策略' })}: ${reasons.policies.join(', ') || '-'} @${reasons.set}`,
    reasons.isKnownSet
      ? null
      : words({ en: 'this program knows another set of policies', zh: '本程序的策略集与作出决定时的不同' }),
    isLacking
      ? `${words({ en: 'lacking', zh: '未满足' })}: ${requirements}`
      : decided.decision === 'permit'
        ? `${words({ en: 'required, and met', zh: '要求且已满足' })}: ${requirements}`
        : null,
    grants.length === 0 ? null : `${words({ en: 'grants', zh: '授权' })}: ${grants.join(', ')}`,
    ...tables.map(({ resource, level, columns }) => `${resource} (${level}): ${columns.join(', ')}`),
    mode === undefined ? null : `${words({ en: 'mode', zh: '模式' })}: ${mode}`,
    `${words({ en: 'log entries', zh: '日志记录' })}: ${entries.map(({ index, kind }) => `#${index} ${kind}`).join(', ')}`,
  ];
  return `${lines.filter((line) => line !== null).join('\n')}\n`;
}
