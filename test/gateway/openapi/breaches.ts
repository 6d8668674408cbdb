import type { Description, Operation } from './description.ts';
import { faultsOf } from './json-schema.ts';

/** How a response departs from what its operation says; empty when it keeps to it. */
export async function breachesOf(
  response: Response,
  operation: Operation,
  { schemas }: Description,
  method: string,
): Promise<string[]> {
  const { status } = response;
  const where = `${operation.operationId} ${status}`;
  const bytes = Buffer.from(await response.arrayBuffer());
  if (status >= 500) return [`${where}: ${bytes}`];
  // Another method on the path is another operation, or none.
  if (status === 405) return response.headers.get('Allow') === null ? [`${where}: no Allow`] : [];
  if (method !== operation.method && !(method === 'HEAD' && operation.method === 'GET')) return [];
  const documented = operation.responses[String(status)];
  if (documented === undefined) return [`${where}: not documented: ${bytes}`];
  const type = (response.headers.get('Content-Type') ?? '').split(';')[0]?.trim() ?? '';
  const content = documented.content?.[type];
  if (content === undefined) return [`${where}: \`${type}\` is not documented`];
  if (method === 'HEAD') return bytes.length === 0 ? [] : [`${where}: a body for HEAD`];
  if (!type.endsWith('json')) return [];
  const value: unknown = JSON.parse(bytes.toString('utf8'));
  return faultsOf(value, content.schema, schemas).map((fault) => `${where} ${fault}`);
}
