import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import { getProduct, lineageOfProduct, listProducts, type Product, providersAsked } from '#catalog';
import { AppError } from '#policies';
import type { AppDeps, AppEnv } from '../app-deps.ts';
import type { Action, Caller } from '../identity/index.ts';
import { isPermitted, productTarget, requirePermit } from './access.ts';
import { AUTHENTICATED, NO_QUERY, TAG } from './schemas/common.ts';
import { json, problems } from './schemas/problem.ts';
import {
  LineageSchema,
  MaterialSchema,
  ProductDecisionRequestSchema,
  ProductListQuerySchema,
  ProductPageSchema,
  ProductParamsSchema,
  ProductRequestSchema,
  ProductSchema,
} from './schemas/product.ts';

const submitRoute = createRoute({
  method: 'post',
  path: '/v1/products',
  operationId: 'submitProduct',
  summary: 'Submit a product, or a new version of one',
  description:
    'It is held until it is reviewed; a version never changes. An interface says what it asks; any other form says what it is made of, ' +
    'and the gateway makes it.',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: {
    query: NO_QUERY,
    body: { required: true, content: { 'application/json': { schema: ProductRequestSchema } } },
  },
  responses: {
    201: {
      ...json(ProductSchema, 'submitted'),
      headers: { Location: { schema: { type: 'string' }, description: 'the version' } },
    },
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 503),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/products',
  operationId: 'listProducts',
  summary: 'List products, version by version',
  description: 'What is published, and what the caller makes or reviews.',
  tags: [TAG.everyone],
  security: AUTHENTICATED,
  request: { query: ProductListQuerySchema },
  responses: { 200: json(ProductPageSchema, 'a page of products'), ...problems(400, 401, 503) },
});

const one = { params: ProductParamsSchema, query: NO_QUERY };

const readRoute = createRoute({
  method: 'get',
  path: '/v1/products/{id}/{version}',
  operationId: 'readProduct',
  summary: 'Read a version of a product',
  tags: [TAG.everyone],
  security: AUTHENTICATED,
  request: one,
  responses: { 200: json(ProductSchema, 'the version'), ...problems(400, 401, 404, 503) },
});

const materialRoute = createRoute({
  method: 'get',
  path: '/v1/products/{id}/{version}/material',
  operationId: 'receiveProduct',
  summary: 'Receive what a version delivers',
  description: 'Whoever reviews it sees it before; everybody else, its maker included, once it is published. Logged.',
  tags: [TAG.everyone],
  security: AUTHENTICATED,
  request: one,
  responses: { 200: json(MaterialSchema, 'the material'), ...problems(400, 401, 403, 404, 409, 503) },
});

const lineageRoute = createRoute({
  method: 'get',
  path: '/v1/products/{id}/{version}/lineage',
  operationId: 'readProductLineage',
  summary: 'Read what a version is made of, and what is made of it',
  tags: [TAG.everyone],
  security: AUTHENTICATED,
  request: one,
  responses: { 200: json(LineageSchema, 'the graph'), ...problems(400, 401, 404, 503) },
});

const decideRoute = createRoute({
  method: 'post',
  path: '/v1/products/{id}/{version}/decisions',
  operationId: 'decideProduct',
  summary: 'Review a version of a product',
  description:
    'The data bureau; of an interface, which answers about one subject, every provider whose table it reads besides. The hash says ' +
    'what was read.',
  tags: [TAG.bureau, TAG.providers],
  security: AUTHENTICATED,
  request: {
    ...one,
    body: { required: true, content: { 'application/json': { schema: ProductDecisionRequestSchema } } },
  },
  responses: {
    200: json(ProductSchema, 'after this decision'),
    ...problems(400, 401, 403, 404, 408, 409, 413, 415, 503),
  },
});

const publishRoute = createRoute({
  method: 'post',
  path: '/v1/products/{id}/{version}/publication',
  operationId: 'publishProduct',
  summary: 'Publish what was reviewed',
  tags: [TAG.developers],
  security: AUTHENTICATED,
  request: one,
  responses: { 200: json(ProductSchema, 'published'), ...problems(400, 401, 403, 404, 409, 503) },
});

const withdrawRoute = createRoute({
  method: 'delete',
  path: '/v1/products/{id}/{version}',
  operationId: 'withdrawProduct',
  summary: 'Withdraw a version of a product',
  tags: [TAG.developers, TAG.bureau, TAG.security],
  security: AUTHENTICATED,
  request: one,
  responses: { 200: json(ProductSchema, 'withdrawn'), ...problems(400, 401, 403, 404, 409, 503) },
});

export function registerProducts(app: OpenAPIHono<AppEnv>, deps: AppDeps): void {
  app.openapi(submitRoute, async (c) => {
    const caller = c.get('caller');
    const asked = c.req.valid('json');
    const attrs = { org: caller.org, author: caller.sub, state: 'submitted', providers: [] };
    await requirePermit(deps, caller, 'product:submit', { type: 'Product', id: asked.id, attrs });
    const product = await deps.products.submit(caller, asked);
    c.header('Location', `/v1/products/${product.id}/${product.version}`);
    return c.json(productJson(product), 201);
  });

  app.openapi(listRoute, (c) => {
    const { limit, org, after } = c.req.valid('query');
    const [id = '', version] = after?.split('@') ?? [];
    const page = { org, limit: limit + 1, after: version === undefined ? undefined : { id, version: Number(version) } };
    const found = deps.store.read((db) => listProducts(db, page));
    const readable = found.slice(0, limit).filter((product) => mayDo(deps, c.get('caller'), 'product:read', product));
    const last = found.length > limit ? found[limit - 1] : undefined;
    return c.json(
      { items: readable.map(productJson), next: last === undefined ? null : `${last.id}@${last.version}` },
      200,
    );
  });

  app.openapi(readRoute, (c) => c.json(productJson(readableProduct(deps, c.get('caller'), c.req.valid('param'))), 200));

  app.openapi(materialRoute, async (c) => {
    const caller = c.get('caller');
    const product = readableProduct(deps, caller, c.req.valid('param'));
    await requirePermit(deps, caller, 'product:receive', targetOf(deps, product));
    const material = await deps.products.deliver(caller, product);
    return c.json(structuredClone(material) as z.output<typeof MaterialSchema>, 200);
  });

  app.openapi(lineageRoute, (c) => {
    const { id, version } = readableProduct(deps, c.get('caller'), c.req.valid('param'));
    const lineage = deps.store.read((db) => lineageOfProduct(db, id, version));
    return c.json(structuredClone(lineage) as z.output<typeof LineageSchema>, 200);
  });

  app.openapi(decideRoute, async (c) => {
    const caller = c.get('caller');
    const product = readableProduct(deps, caller, c.req.valid('param'));
    const { verdict, comment = '', hash } = c.req.valid('json');
    await requirePermit(deps, caller, 'product:decide', targetOf(deps, product));
    const { id, version } = product;
    return c.json(productJson(await deps.products.decide(caller, id, version, { verdict, comment, hash })), 200);
  });

  app.openapi(publishRoute, async (c) => {
    const caller = c.get('caller');
    const product = readableProduct(deps, caller, c.req.valid('param'));
    await requirePermit(deps, caller, 'product:publish', targetOf(deps, product));
    return c.json(productJson(await deps.products.publish(caller, product.id, product.version)), 200);
  });

  app.openapi(withdrawRoute, async (c) => {
    const caller = c.get('caller');
    const product = readableProduct(deps, caller, c.req.valid('param'));
    await requirePermit(deps, caller, 'product:withdraw', targetOf(deps, product));
    return c.json(productJson(await deps.products.withdraw(caller, product.id, product.version)), 200);
  });
}

/** The version, for a caller who may read it. Errors: PRODUCT_NOT_FOUND, whether it is absent or not readable. */
function readableProduct(
  deps: AppDeps,
  caller: Caller,
  { id, version }: { readonly id: string; readonly version: number },
): Product {
  const product = deps.store.read((db) => getProduct(db, id, version));
  if (mayDo(deps, caller, 'product:read', product)) return product;
  throw new AppError('PRODUCT_NOT_FOUND', { id });
}

const mayDo = (deps: AppDeps, caller: Caller, action: Action, product: Product): boolean =>
  isPermitted(deps, caller, action, targetOf(deps, product));

function targetOf(deps: AppDeps, product: Product): ReturnType<typeof productTarget> {
  return productTarget(
    product,
    deps.store.read((db) => providersAsked(db, product)),
  );
}

function productJson(product: Product): z.output<typeof ProductSchema> {
  // What is stored came in through the same schema; a copy, since what is served may be changed.
  return structuredClone(product) as z.output<typeof ProductSchema>;
}
