import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from '../app-deps.ts';

/** What a request needs before its handler runs. */
export interface RouteFacts {
  /** No token is asked for. */
  readonly isPublic: boolean;
  readonly body: 'none' | 'json' | 'stream';
  /** Media types that it takes. */
  readonly types: readonly string[];
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'] as const;

const NOTHING_SAID: RouteFacts = { isPublic: false, body: 'none', types: [] };

/** The operations of an app by what the router knows of them; read from the OpenAPI definitions, so the two agree. */
export interface RouteTable {
  /** The facts of what `path` offers for `method` (HEAD as GET); null where nothing does. */
  find(method: string, path: string): RouteFacts | null;
  /** The methods that `path` offers. */
  methodsOf(path: string): string[];
}

/**
 * Public are only the operations that say `security: []`: a new route that forgets to say anything asks for a token.
 * To be called when every route is registered.
 */
export function routeTable(app: OpenAPIHono<AppEnv>): RouteTable {
  const facts = new Map<string, RouteFacts>();
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue;
    const { method, path, security, request } = definition.route;
    const types = Object.keys(request?.body?.content ?? {});
    const body = types.length === 0 ? 'none' : types.includes('application/json') ? 'json' : 'stream';
    facts.set(`${method.toUpperCase()} ${path}`, { isPublic: security?.length === 0, body, types });
  }
  const find = (method: string, path: string): RouteFacts | null => {
    const route = matchedRoute(app, method === 'HEAD' ? 'GET' : method, path);
    if (route === null) return null;
    return facts.get(`${route.method} ${openApiPath(route.path)}`) ?? NOTHING_SAID;
  };
  const methodsOf = (path: string): string[] => {
    const found = METHODS.filter((method) => matchedRoute(app, method, path) !== null);
    return found.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  };
  return { find, methodsOf };
}

/** Middleware is registered for ALL methods; what has a method of its own is an operation. */
function matchedRoute(
  app: OpenAPIHono<AppEnv>,
  method: string,
  path: string,
): { readonly method: string; readonly path: string } | null {
  const [handlers] = app.router.match(method, path);
  for (const [[, route]] of handlers) if (route.method === method) return route;
  return null;
}

/** `/tile/:level/:tile{.+}` → `/tile/{level}/{tile}`. */
function openApiPath(path: string): string {
  return path.replace(/:([^/{]+)(?:\{[^/]*\})?/g, '{$1}');
}
