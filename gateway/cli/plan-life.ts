import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import type { PlanOutput } from '#policies';
import type { Cli } from './cli.ts';
import { type Client, readJsonFile } from './http-client.ts';
import { get, group, part, post, request } from './request-command.ts';
import { type SignOptions, signStatement } from './sign-statement.ts';

interface SignPlanOptions extends SignOptions {
  readonly document: string;
}

/** `sluice gates`, `list`, `rules`, `time-limits`, `onboarding`, `plans`: what the parties do by hand until a job may run. Answers are JSON. */
export function register(program: Command, cli: Cli): void {
  const about = (command: Command, en: string, zh: string) => group(command, cli, { en, zh });
  registerGates(about(program.command('gates'), 'gates before a listing', '登记前的审查'), cli);
  registerList(about(program.command('list'), 'the list of authorised operation', '授权运营目录'), cli);
  registerRules(about(program.command('rules'), 'rules for developers', '开发主体制度'), cli);
  registerTimeLimits(about(program.command('time-limits'), 'time limits and holidays', '办理时限与节假日'), cli);
  registerOnboarding(about(program.command('onboarding'), 'dossiers of developers', '开发主体准入'), cli);
  registerPlans(about(program.command('plans'), 'usage plans', '使用方案'), cli);
}

function registerGates(gates: Command, cli: Cli): void {
  request(
    gates,
    cli,
    ['decide <table> <gate> <verdict>', { en: 'approve or refuse', zh: '审查：approve 或 refuse' }],
    (client, [table, gate, verdict]) => post(client, `/v1/resources/${part(table!)}/gates/${part(gate!)}`, { verdict }),
  );
  request(gates, cli, ['list-table <table>', { en: 'list the table', zh: '登记' }], (client, [table]) =>
    post(client, `/v1/resources/${part(table!)}/listing`),
  );
}

function registerList(list: Command, cli: Cli): void {
  request(
    list,
    cli,
    ['propose <comment> <tables>', { en: 'propose tables, by commas', zh: '提出增列的表（以逗号分隔）' }],
    (client, [comment, tables]) => post(client, '/v1/authorized-list/batches', { comment, add: tables!.split(',') }),
  );
  request(list, cli, ['sign <batch> <verdict>', { en: 'sign a batch', zh: '签署批次' }], (client, [batch, verdict]) =>
    post(client, `/v1/authorized-list/batches/${part(batch!)}/signatures`, { verdict }),
  );
  request(list, cli, ['show', { en: 'the list in force', zh: '现行目录' }], (client) =>
    get(client, '/v1/authorized-list'),
  );
}

function registerRules(rules: Command, cli: Cli): void {
  request(
    rules,
    cli,
    ['propose <title> <file>', { en: 'propose rules (text)', zh: '提出制度（文本）' }],
    async (client, [title, file]) => post(client, '/v1/rules', { title, text: await readFile(file!, 'utf8') }),
  );
  request(rules, cli, ['approve <hash>', { en: 'bring into force', zh: '审定' }], (client, [hash]) =>
    post(client, `/v1/rules/${part(hash!)}/approval`),
  );
  request(rules, cli, ['show', { en: 'the rules', zh: '制度' }], (client) => get(client, '/v1/rules'));
}

function registerTimeLimits(limits: Command, cli: Cli): void {
  request(
    limits,
    cli,
    ['propose <file>', { en: 'propose limits and holidays (JSON)', zh: '提出时限与节假日（JSON）' }],
    async (client, [file]) => post(client, '/v1/time-limits', await readJsonFile(file!)),
  );
  request(limits, cli, ['approve <version>', { en: 'bring into force', zh: '审定' }], (client, [version]) =>
    post(client, `/v1/time-limits/${part(version!)}/approval`),
  );
  request(limits, cli, ['show', { en: 'the time limits', zh: '办理时限' }], (client) => get(client, '/v1/time-limits'));
}

function registerOnboarding(onboarding: Command, cli: Cli): void {
  request(
    onboarding,
    cli,
    ['apply <code> <accounts>', { en: 'accept the rules in force', zh: '申请准入并承诺遵守现行制度' }],
    async (client, [creditCode, accounts]) => {
      const { inForce } = z.object({ inForce: z.string().nullable() }).parse(await get(client, '/v1/rules'));
      return post(client, '/v1/onboarding', { creditCode, rules: inForce, staff: accounts!.split(',') });
    },
  );
  request(
    onboarding,
    cli,
    ['decide <org> <verdict>', { en: 'approve or refuse', zh: '审定：approve 或 refuse' }],
    (client, [org, verdict]) => post(client, `/v1/onboarding/${part(org!)}/decision`, { verdict }),
  );
}

const planSchema = z.object({
  id: z.string(),
  title: z.string(),
  purpose: z.string(),
  class: z.enum(['governance', 'welfare', 'industry']),
  org: z.string(),
  operator: z.string().nullable(),
  author: z.string(),
  tables: z.array(z.object({ resource: z.string(), columns: z.array(z.string()) })),
  unitsMin: z.number().nullable(),
  jobsMax: z.number().nullable(),
  rhoMax: z.number().nullable(),
  joins: z.array(z.array(z.string())).nullable(),
  outputs: z.array(z.custom<PlanOutput>((one) => typeof one === 'string')).nullable(),
  validFrom: z.string(),
  validUntil: z.string(),
  home: z.string(),
});

function registerPlans(plans: Command, cli: Cli): void {
  const of = (id: string | undefined, rest = '') => `/v1/plans/${part(id!)}${rest}`;
  request(
    plans,
    cli,
    ['submit <file>', { en: 'submit a plan (JSON)', zh: '提交方案（JSON）' }],
    async (client, [file]) => post(client, '/v1/plans', await readJsonFile(file!)),
  );
  request(
    plans,
    cli,
    ['decide <id> <verdict>', { en: 'approve or refuse', zh: '评审：approve 或 refuse' }],
    (client, [id, verdict]) => post(client, of(id, '/decisions'), { verdict, comment: '' }),
  );
  request<SignPlanOptions>(
    plans,
    cli,
    ['sign <id>', { en: 'sign the agreement', zh: '签署协议' }],
    (client, [id], options) => signPlan(client, of(id), options, cli),
  )
    .requiredOption('--document <file>', cli.words({ en: 'what both parties hold', zh: '双方持有的协议文本' }))
    .requiredOption('--key <file>', cli.words({ en: 'your key (PEM)', zh: '您的密钥（PEM）' }));
  request(plans, cli, ['file <id> <number>', { en: 'record the filing', zh: '登记备案' }], (client, [id, number]) =>
    post(client, of(id, '/filing'), { number }),
  );
  request(
    plans,
    cli,
    ['supply <id> <table>', { en: 'give the receipt of a table', zh: '出具供给回执' }],
    (client, [id, resource]) => post(client, of(id, '/supplies'), { resource }),
  );
  request(plans, cli, ['progress <id>', { en: 'what it waits for', zh: '办理进度' }], (client, [id]) =>
    get(client, of(id, '/progress')),
  );
  request(plans, cli, ['late', { en: 'what is late', zh: '逾期事项' }], (client) => get(client, '/v1/late-steps'));
}

/** Over the plan as it is now, and the digest of the document. */
async function signPlan(client: Client, path: string, options: SignPlanOptions, cli: Cli): Promise<unknown> {
  const { planAgreementHash, planHash: hashOf } = await import('#catalog');
  const { home, ...plan } = planSchema.parse(await get(client, path));
  // WHY computed here: what is signed is what was shown, not what the gateway says its hash is.
  const terms = { plan: plan.id, planHash: hashOf(plan), sha256: sha256Of(await readFile(options.document)) };
  const signed = { id: plan.id, hash: planAgreementHash(terms), home };
  const { plan: _plan, ...document } = terms;
  return post(client, `${path}/agreement`, {
    ...document,
    jws: await signStatement('plan-agreement', signed, options, cli),
  });
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
