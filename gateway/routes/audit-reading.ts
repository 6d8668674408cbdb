import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { findResource, lineageOf, listPlans } from '#catalog';
import { AppError, type BehaviourSignal, type Signal } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import type { Caller } from '../identity/index.ts';
import type { Language } from '../messages/language.ts';
import { jobsBudgetOf } from '../reading/jobs-budget.ts';
import { behaviourOf, exposureOf, type ReadingPeriod, whoRaises } from '../reading/log-reading.ts';
import { privacyBudgetsOf } from '../reading/privacy-reading.ts';
import { readLogged } from '../reading/read-logged.ts';
import { LOG_TARGET, requirePermit } from './access.ts';
import { requireOrder } from './period-order.ts';
import {
  BehaviourSchema,
  ExposureParamsSchema,
  ExposureSchema,
  PeriodQuerySchema,
  PersonParamsSchema,
  RaisedQuerySchema,
  RaisedSchema,
} from './schemas/audit.ts';
import { AUTHENTICATED, TAG } from './schemas/common.ts';
import { json, problems } from './schemas/problem.ts';

const exposureRoute = createRoute({
  method: 'get',
  path: '/v1/audit/resources/{id}/exposure',
  operationId: 'readExposure',
  summary: 'How exposed a resource is',
  description: 'For the authorities, and for the provider of the resource. Logged.',
  tags: [TAG.security, TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: { params: ExposureParamsSchema, query: PeriodQuerySchema },
  responses: { 200: json(ExposureSchema, 'the exposure'), ...problems(400, 401, 403, 404, 503) },
});

const behaviourRoute = createRoute({
  method: 'get',
  path: '/v1/audit/people/{org}/{sub}/signals',
  operationId: 'readBehaviour',
  summary: 'Risk signals of a person’s questions',
  description: 'Each with what it counts, its threshold and the entries to look at first. For the authorities. Logged.',
  tags: [TAG.security, TAG.bureau],
  security: AUTHENTICATED,
  request: { params: PersonParamsSchema, query: PeriodQuerySchema },
  responses: { 200: json(BehaviourSchema, 'the signals'), ...problems(400, 401, 403, 404, 503) },
});

const raisedRoute = createRoute({
  method: 'get',
  path: '/v1/audit/signals',
  operationId: 'listRaisedSignals',
  summary: 'Who raises a risk signal',
  description:
    'Everybody whose questions of the period raise one, alarms first, with these signals and the entries to look at. Of the newest ' +
    '20,000 entries where there are more. For the authorities. Logged.',
  tags: [TAG.security, TAG.bureau],
  security: AUTHENTICATED,
  request: { query: RaisedQuerySchema },
  responses: { 200: json(RaisedSchema, 'who raises which'), ...problems(400, 401, 403, 503) },
});

/** What is left to more plans than that over one resource is asked for with `GET /v1/budgets`. */
const PLANS_MAX = 1_000;
const PERIOD_MS = 30 * 24 * 60 * 60 * 1_000;

export function registerAuditReading(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(exposureRoute, async (c) => {
    const caller = c.get('caller');
    const { id } = c.req.valid('param');
    await requireReader(deps, caller, id);
    const period = periodOf(deps, c.req.valid('query'));
    const exposure = await readLogged(deps, { caller, note: `exposure of ${id}` }, (db) => {
      const plans = listPlans(db, { resource: id, limit: PLANS_MAX });
      return {
        ...exposureOf(db, id, period),
        jobs: plans.filter(({ state }) => state === 'approved').map((plan) => ({ ...jobsBudgetOf(db, plan) })),
        privacy: privacyBudgetsOf(db, caller, plans, deps.profile, deps.clock())
          .filter(({ resource }) => resource === lineageOf(db, { resource: id, unit: '' }).resource)
          .map(({ unit, everybody }) => ({ unit, ...everybody })),
      };
    });
    const { refused, columns, guardRefusals } = exposure;
    return c.json(
      { ...exposure, refused: { ...refused }, columns: [...columns], guardRefusals: [...guardRefusals] },
      200,
    );
  });

  app.openapi(behaviourRoute, async (c) => {
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'audit:read-all', LOG_TARGET);
    const { org, sub } = c.req.valid('param');
    const period = periodOf(deps, c.req.valid('query'));
    const { questions, signals, isComplete } = await readLogged(
      deps,
      { caller, about: { org, sub }, note: 'signals of a person' },
      (db) => behaviourOf(db, sub, org, period),
    );
    return c.json({ questions, signals: explained(signals, c.get('language')), isComplete }, 200);
  });

  app.openapi(raisedRoute, async (c) => {
    const caller = c.get('caller');
    await requirePermit(deps, caller, 'audit:read-all', LOG_TARGET);
    const { org, ...asked } = c.req.valid('query');
    const period = periodOf(deps, asked);
    const note = org === undefined ? 'signals of all' : `signals of all of ${org}`;
    const { people, isComplete } = await readLogged(deps, { caller, note }, (db) => whoRaises(db, org, period));
    const language = c.get('language');
    const items = people.map((one) => ({ ...one, signals: explained(one.signals, language) }));
    return c.json({ items, isComplete }, 200);
  });
}

/** What the signals of a person count, and from where on each is raised, in words. */
function explained(signals: readonly BehaviourSignal[], language: Language) {
  return signals.map((one) => ({ ...one, entries: [...one.entries], because: because(one, language) }));
}

/** The provider of a resource reads how its own is used; who else may not read the whole log learns nothing of it. */
async function requireReader(deps: AppDeps, caller: Caller, resource: string): Promise<void> {
  const found = deps.store.read((db) => findResource(db, resource));
  const isOwn = caller.role === 'provider' && found?.provider === caller.org;
  await requirePermit(deps, caller, isOwn ? 'audit:read' : 'audit:read-all', LOG_TARGET);
  if (found === null) throw new AppError('RESOURCE_NOT_FOUND', { id: resource });
}

function periodOf(
  { clock }: AppDeps,
  { from, until }: { readonly from?: string | undefined; readonly until?: string | undefined },
): ReadingPeriod {
  requireOrder({ from, until });
  // An entry of this very moment is within a period that ends now.
  const end = until ?? new Date(clock().getTime() + 1).toISOString();
  return { until: end, from: from ?? new Date(Date.parse(end) - PERIOD_MS).toISOString() };
}

function because({ signal, threshold }: BehaviourSignal, language: Language): string {
  const text = BECAUSE[language][signal];
  return language === 'en' ? `${text}; raised from ${threshold} on` : `${text}；达到 ${threshold} 即提示`;
}

const BECAUSE: Readonly<Record<Language, Readonly<Record<Signal, string>>>> = {
  en: {
    canary: 'answers that held a value that must never leave: none may be',
    'denial-rate': 'share of questions that were refused, of at least ten',
    forbidden: 'requests for what the person has no right to: others’ jobs, the log, freezes',
    'near-duplicates': 'different queries that differ in literals only, the largest family',
    'sequential-lookups':
      'longest run of such queries in which one number goes on by the same step, or most neighbouring subjects of a day that were looked up without an answer',
    'off-hours': 'share of questions outside Monday to Friday, 8 to 19 o’clock in Asia/Shanghai, of at least ten',
    burst: 'most questions within one minute',
  },
  'zh-CN': {
    canary: '结果中含有绝不允许流出的值：不得有一次',
    'denial-rate': '被拒绝的提问所占比例（至少十次提问）',
    forbidden: '请求其无权访问的内容：他人的作业、日志、冻结',
    'near-duplicates': '仅字面值不同的查询，取最大的一族',
    'sequential-lookups':
      '此类查询中某一数值按相同步长递变的最长连续序列，或同一日内逐个查询而未获答复的相邻对象的最多个数',
    'off-hours': '北京时间周一至周五 8 至 19 时之外的提问所占比例（至少十次提问）',
    burst: '一分钟内的最多提问次数',
  },
};
