import { beforeAll, describe, expect, it } from 'vitest';
import { type Harness, openHarness } from '../routes/harness.ts';
import { type Description, readDescription } from './description.ts';
import { deref, faultsOf, type JsonSchema } from './json-schema.ts';

let h: Harness;
let description: Description;
beforeAll(async () => {
  h = await openHarness();
  description = await readDescription(h);
});

describe('/openapi.json', () => {
  it('is 3.1 and names every operation once, with summary, tag and description of each answer', () => {
    const { openapi, operations } = description;
    expect(openapi).toBe('3.1.0');
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operationId, summary, tags, responses } of operations) {
      expect(operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect([operationId, summary === undefined, (tags ?? []).length > 0]).toEqual([operationId, false, true]);
      for (const response of Object.values(responses)) expect(response.description).not.toBe('');
    }
  });

  it('describes exactly what the router serves', () => {
    const served = h.app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replace(/:([^/{]+)(\{[^/]*\})?/g, '{$1}')}`);
    const described = description.operations.map(({ method, path }) => `${method} ${path}`);
    expect([...new Set(served)].sort()).toEqual(described.sort());
  });

  it('says of every operation whether it wants a token, and what every failure looks like', () => {
    for (const { operationId, security, responses } of description.operations) {
      expect([operationId, security]).not.toEqual([operationId, undefined]);
      expect([operationId, '401' in responses]).toEqual([operationId, security?.length !== 0]);
      const failures = Object.entries(responses).filter(
        ([status]) => Number(status) >= 400 && !(operationId === 'readReadiness' && status === '503'),
      );
      for (const [status, { content }] of failures) {
        expect([operationId, status, Object.keys(content ?? {})]).toEqual([
          operationId,
          status,
          ['application/problem+json'],
        ]);
      }
    }
  });

  it('refuses what it does not know: request schemas are closed at every depth', () => {
    for (const { operationId, requestBody } of description.operations) {
      const body = requestBody?.content['application/json']?.schema;
      // JSON-LD is open by nature: what is read of it is taken out by name (gateway/formats/dcat-in.ts). A payload is what its envelope's
      // kind says, JSON-LD among it, and read so (gateway/sync/carry-out.ts).
      const open = operationId === 'deliverEnvelope' ? ['$.payload'] : [];
      if (body !== undefined && operationId !== 'importDcat')
        expect([operationId, openObjects(body)]).toEqual([operationId, open]);
    }
  });

  it('gives examples that fit their own schemas', () => {
    for (const [name, schema] of Object.entries(description.schemas)) {
      if (schema.example !== undefined)
        expect([name, faultsOf(schema.example, schema, description.schemas)]).toEqual([name, []]);
    }
  });
});

function openObjects(given: JsonSchema, path = '$'): string[] {
  const schema = deref(given, description.schemas);
  const inner = [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, one]) => openObjects(one, `${path}.${name}`)),
    ...(schema.items === undefined ? [] : openObjects(schema.items, `${path}[]`)),
  ];
  const isOpen = schema.properties !== undefined && schema.additionalProperties !== false;
  return isOpen ? [path, ...inner] : inner;
}
