import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { ERROR_CODES, type ErrorCode } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { chooseMediaType } from '../formats/negotiate.ts';
import { CATALOGUES, LANGUAGES, type Language } from '../messages/language.ts';
import { STATUS_OF } from '../problem.ts';
import { htmlPage } from './html-page.ts';
import { NO_QUERY, PUBLIC, TAG } from './schemas/common.ts';
import { json, problems } from './schemas/problem.ts';

/** What needs no token: where to look, whether the gateway is up, what a problem means, how tokens are checked. */

const LinkSchema = z
  .object({ rel: z.string(), href: z.string(), title: z.object({ zh: z.string(), en: z.string() }) })
  .openapi('Link');
const IndexSchema = z
  .object({ name: z.string(), version: z.string(), links: z.array(LinkSchema) })
  .openapi('Index', { description: 'where to look' });

const LINKS: readonly { readonly rel: string; readonly href: string; readonly zh: string; readonly en: string }[] = [
  {
    rel: 'service-desc',
    href: '/openapi.json',
    zh: '接口说明（OpenAPI 3.1）',
    en: 'description of the interface (OpenAPI 3.1)',
  },
  { rel: 'jobs', href: '/v1/jobs', zh: '提交和查看作业（开发商）', en: 'submit and read jobs (developers)' },
  { rel: 'explain', href: '/v1/explain', zh: '预览一条查询会如何处理', en: 'what would happen to a query' },
  {
    rel: 'resources',
    href: '/v1/resources',
    zh: '资源目录与登记（提供单位）',
    en: 'catalogue and registration (providers)',
  },
  { rel: 'plans', href: '/v1/plans', zh: '使用方案的提交与审批', en: 'usage plans: submission and decisions' },
  { rel: 'budgets', href: '/v1/budgets', zh: '方案用量', en: 'what plans have used' },
  { rel: 'audit', href: '/v1/audit/entries', zh: '访问日志（安全办）', en: 'access log (security office)' },
  { rel: 'freezes', href: '/v1/freezes', zh: '冻结与解冻（安全办）', en: 'freezes (security office)' },
  {
    rel: 'checkpoint',
    href: '/v1/audit/checkpoint',
    zh: '日志检查点（任何人可核验）',
    en: 'checkpoint of the log (anybody can verify)',
  },
];

const landingRoute = createRoute({
  method: 'get',
  path: '/',
  operationId: 'readLanding',
  summary: 'Where to look',
  description: 'A short page in Chinese and English, or the same as JSON by Accept.',
  tags: [TAG.everyone],
  security: PUBLIC,
  request: { query: NO_QUERY },
  responses: {
    200: {
      description: 'where to look',
      content: { 'application/json': { schema: IndexSchema }, 'text/html': { schema: z.string() } },
    },
    ...problems(400, 406),
  },
});

const indexRoute = createRoute({
  method: 'get',
  path: '/v1',
  operationId: 'readIndex',
  summary: 'Index of version 1',
  tags: [TAG.everyone],
  security: PUBLIC,
  request: { query: NO_QUERY },
  responses: { 200: json(IndexSchema, 'where to look'), ...problems(400) },
});

const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  operationId: 'readHealth',
  summary: 'Is the process alive',
  tags: [TAG.everyone],
  security: PUBLIC,
  request: { query: NO_QUERY },
  responses: {
    200: json(z.object({ status: z.literal('ok'), version: z.string() }).openapi('Health'), 'alive'),
    ...problems(400),
  },
});

const ReadinessSchema = z
  .object({ status: z.enum(['ready', 'not-ready']), parts: z.record(z.string(), z.boolean()) })
  .openapi('Readiness');
const readyRoute = createRoute({
  method: 'get',
  path: '/readyz',
  operationId: 'readReadiness',
  summary: 'Can the gateway serve jobs',
  tags: [TAG.everyone],
  security: PUBLIC,
  request: { query: NO_QUERY },
  responses: {
    200: json(ReadinessSchema, 'every part can serve'),
    503: json(ReadinessSchema, 'a part cannot serve'),
    ...problems(400),
  },
});

const CodeParamsSchema = z.object({ code: z.enum(ERROR_CODES as [ErrorCode]) });
const WordsSchema = z.object({ title: z.string(), detail: z.string(), hint: z.string() });
const ProblemPageSchema = z
  .object({
    code: CodeParamsSchema.shape.code,
    status: z.int(),
    messages: z.object({ 'zh-CN': WordsSchema, en: WordsSchema }),
  })
  .openapi('ProblemPage', { description: 'what a code means; `{…}` stands for a fact of the occurrence' });
const problemRoute = createRoute({
  method: 'get',
  path: '/problems/{code}',
  operationId: 'readProblemType',
  summary: 'What a problem code means',
  tags: [TAG.everyone],
  security: PUBLIC,
  request: { params: CodeParamsSchema, query: NO_QUERY },
  responses: {
    200: {
      description: 'the meaning of the code, in both languages',
      content: { 'application/json': { schema: ProblemPageSchema }, 'text/html': { schema: z.string() } },
    },
    ...problems(400, 404, 406),
  },
});

const optionalText = z.string().optional();
const JwkSchema = z.object({
  kty: optionalText,
  crv: optionalText,
  x: optionalText,
  kid: optionalText,
  alg: optionalText,
  use: optionalText,
});
const JwksSchema = z
  .object({ keys: z.array(JwkSchema) })
  .openapi('Jwks', { description: 'RFC 7517; Ed25519 (RFC 8037)' });
const jwksRoute = createRoute({
  method: 'get',
  path: '/.well-known/jwks.json',
  operationId: 'readJwks',
  summary: 'Public keys of the embedded issuer',
  tags: [TAG.everyone],
  security: PUBLIC,
  request: { query: NO_QUERY },
  responses: { 200: json(JwksSchema, 'the keys'), ...problems(400) },
});

const FORMATS = ['application/json', 'text/html'] as const;

export function registerMeta(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  const index = {
    name: 'Sluice 数闸',
    version: deps.version,
    links: LINKS.map(({ rel, href, zh, en }) => ({ rel, href, title: { zh, en } })),
  };
  app.openapi(landingRoute, (c) => {
    if (chooseMediaType(c.req.header('accept'), FORMATS) === 'application/json') return c.json(index, 200);
    return c.html(landingPage(), 200);
  });
  app.openapi(indexRoute, (c) => c.json(index, 200));
  app.openapi(healthRoute, (c) => c.json({ status: 'ok' as const, version: deps.version }, 200));
  app.openapi(readyRoute, async (c) => {
    const parts = { ...(await deps.readiness()) };
    const isReady = Object.values(parts).every(Boolean);
    return isReady
      ? c.json({ status: 'ready' as const, parts }, 200)
      : c.json({ status: 'not-ready' as const, parts }, 503);
  });
  app.openapi(problemRoute, (c) => {
    const { code } = c.req.valid('param');
    if (chooseMediaType(c.req.header('accept'), FORMATS) === 'text/html') return c.html(problemPage(code), 200);
    const messages = { 'zh-CN': { ...CATALOGUES['zh-CN'][code] }, en: { ...CATALOGUES.en[code] } };
    return c.json({ code, status: STATUS_OF[code], messages }, 200);
  });
  const { issuer } = deps;
  if (issuer !== null) {
    app.openapi(jwksRoute, (c) =>
      c.json({ keys: issuer.jwks.keys.map(({ kty, crv, x, kid, alg, use }) => ({ kty, crv, x, kid, alg, use })) }, 200),
    );
  }
}

function landingPage(): string {
  const items = LINKS.map(({ href, zh, en }) => ({ href, words: [zh, en] }));
  return htmlPage(
    '数闸 Sluice',
    ['原始数据不出域，数据可用不可见。', 'Compute on public data without seeing it.'],
    items,
  );
}

const STATUS_WORD: Readonly<Record<Language, string>> = { 'zh-CN': '状态码', en: 'status' };

function problemPage(code: ErrorCode): string {
  const paragraphs = LANGUAGES.flatMap((language) => {
    const { title, detail, hint } = CATALOGUES[language][code];
    return [title, detail, hint, `${STATUS_WORD[language]} ${STATUS_OF[code]}`];
  });
  return htmlPage(code, paragraphs, [{ href: '/openapi.json', words: ['OpenAPI'] }]);
}
