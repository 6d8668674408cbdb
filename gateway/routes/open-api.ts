import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import { TAG } from './schemas/common.ts';

/** The description of everything above it: read from the same schemas that check requests and type the answers. */
export function registerOpenApi(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'an access token with `sub`, `org` and `role`; on a fresh start `npx sluice token` prints one',
  });
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/openapi.json',
    operationId: 'readOpenApi',
    summary: 'This document',
    tags: [TAG.everyone],
    security: [],
    responses: { 200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } } },
  });
  let text: string | null = null;
  app.get('/openapi.json', (c) => {
    text ??= JSON.stringify(describe(app, deps.version));
    return c.body(text, 200, { 'Content-Type': 'application/json' });
  });
}

function describe(app: OpenAPIHono<AppEnv>, version: string): unknown {
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Sluice 数闸',
      version,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      description:
        'A privacy-preserving compute gateway for public data: SQL in, protected tables out, every access in a log ' +
        'that an outsider can verify. Failures are RFC 9457 problems in the language of Accept-Language (zh-CN, en).',
    },
    servers: [{ url: '/', description: 'this gateway' }],
    tags: [
      { name: TAG.developers, description: 'Submit SQL jobs under an approved plan; read protected results.' },
      { name: TAG.providers, description: 'Register tables, classify columns, upload data, withdraw.' },
      { name: TAG.bureau, description: 'List catalogue entries; decide on plans.' },
      { name: TAG.security, description: 'Read and verify the access log.' },
      { name: TAG.everyone, description: 'No token needed.' },
    ],
  });
}
