/**
 * Goal: no request, however odd, gets a 5xx, an undocumented status or an answer that its own description does not fit.
 * Method: for every operation of /openapi.json, requests generated from its schemas, whole or with one fault (dropped,
 * added, of another type, odd texts and numbers, malformed UTF-8, wrong media types and methods, repeated and unknown
 * parameters), as callers of every role, on a store that already holds resources, plans and jobs.
 * Invariants: status documented and below 500; content type documented; body valid; every problem well-formed; no bug
 * reported. A control shows that the check sees each kind of breach.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../gateway/identity/index.ts';
import { BUREAU, DEVELOPER, type Harness, openHarness, PROVIDER, RIVAL, SECURITY } from '../routes/harness.ts';
import { fillCatalogue } from '../routes/sample-catalogue.ts';
import { breachesOf } from './breaches.ts';
import { type Description, type Operation, type Parameter, readDescription } from './description.ts';
import { anyJson, anyText, damaged, fitting } from './generate.ts';

const SEED = Date.now() % 2 ** 31;
const RUNS_PER_OPERATION = 40;
const CALLERS: readonly (Caller | null)[] = [DEVELOPER, RIVAL, PROVIDER, BUREAU, SECURITY, null];
const KNOWN_IDS = ['S1', 'water', 'draft_table', 'job_1', 'job_2', 'job_3'];

interface Shot {
  readonly caller: Caller | null;
  readonly path: string;
  readonly init: RequestInit;
}

let h: Harness;
let description: Description;
beforeAll(async () => {
  h = await openHarness();
  await fillCatalogue(h);
  description = await readDescription(h);
  console.info(`fuzz of the HTTP surface: seed ${SEED}, ${RUNS_PER_OPERATION} requests an operation`);
});

describe('every operation under odd requests', () => {
  it('answers as described', { timeout: 60_000 }, async () => {
    expect(description.operations.length).toBeGreaterThan(25);
    for (const operation of description.operations) {
      const property = fc.asyncProperty(shots(operation), async ({ caller, path, init }) => {
        const response = await h.request(caller, path, init);
        const breaches = await breachesOf(response, operation, description, init.method ?? operation.method);
        expect([...breaches, ...h.bugs.map(String)]).toEqual([]);
      });
      await fc.assert(property, { seed: SEED, numRuns: RUNS_PER_OPERATION, endOnFailure: true });
    }
  });
});

describe('the check', () => {
  it('sees an undocumented status, type and body', async () => {
    const operation = description.operations.find(({ operationId }) => operationId === 'readJob')!;
    const breaches = (body: string, status: number, type: string) =>
      breachesOf(new Response(body, { status, headers: { 'Content-Type': type } }), operation, description, 'GET');
    expect(await breaches('{}', 500, 'application/problem+json')).not.toEqual([]);
    expect(await breaches('{}', 418, 'application/json')).not.toEqual([]);
    expect(await breaches('{}', 200, 'text/plain')).not.toEqual([]);
    expect(await breaches('{"id":"a"}', 200, 'application/json')).not.toEqual([]);
    expect(await breaches('{"code":"X"}', 404, 'application/problem+json')).not.toEqual([]);
  });
});

function shots(operation: Operation): fc.Arbitrary<Shot> {
  const parameters = operation.parameters ?? [];
  const of = (place: Parameter['in']) => parameters.filter((parameter) => parameter.in === place);
  return fc
    .record({
      caller: fc.constantFrom(...CALLERS),
      path: fc.tuple(...of('path').map((parameter) => pathText(parameter))),
      query: fc.tuple(...of('query').map((parameter) => queryText(parameter))),
      extraQuery: fc.option(fc.constantFrom('x=1', '%ff=%fe', 'limit=1&limit=2', '=', '&&&', '__proto__=1'), {
        freq: 8,
      }),
      headers: fc.tuple(...of('header').map((parameter) => headerText(parameter))),
      body: body(operation),
      method: fc.constantFrom(...Array<string>(12).fill(operation.method), 'HEAD', 'PATCH', 'OPTIONS', 'DELETE'),
      accept: fc.constantFrom(
        '*/*',
        'application/json',
        'text/csv',
        'text/html',
        'image/png',
        ';;q=,,',
        'application/ld+json',
      ),
    })
    .map(({ caller, path, query, extraQuery, headers, body, method, accept }) => {
      let at = 0;
      const target = operation.path.replaceAll(/\{\w+\}/g, () => path[at++] ?? '');
      const search = [...query, extraQuery].filter((part) => part !== null).join('&');
      const init: RequestInit = {
        method,
        headers: { Accept: accept, ...Object.assign({}, ...headers), ...body?.headers },
      };
      const hasBody = body !== null && method !== 'GET' && method !== 'HEAD';
      return {
        caller,
        path: search === '' ? target : `${target}?${search}`,
        init: hasBody ? { ...init, body: body.bytes } : init,
      };
    });
}

function pathText({ schema }: Parameter): fc.Arbitrary<string> {
  const odd = anyText
    .map((text) => encodeURIComponent(text.toWellFormed()))
    .filter((text) => !['', '.', '..'].includes(text));
  const fit = fitting(schema, description.schemas).map((text) => encodeURIComponent(String(text)));
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...KNOWN_IDS) },
    { weight: 3, arbitrary: fit },
    odd,
    fc.constantFrom('%ff', '%00'),
  );
}

function queryText({ name, schema, required }: Parameter): fc.Arbitrary<string | null> {
  const said = (value: unknown) => `${name}=${encodeURIComponent(String(value).toWellFormed())}`;
  const present = fc.oneof(
    { weight: 3, arbitrary: fitting(schema, description.schemas).map(said) },
    anyText.map(said),
    fc.constant(`${name}=%ff`),
  );
  return required ? fc.option(present, { freq: 10 }) : fc.option(present, { freq: 1 });
}

function headerText({ name, schema }: Parameter): fc.Arbitrary<Record<string, string>> {
  // A header that the platform itself would not send never reaches the gateway.
  const odd = anyText.map((text) => text.replaceAll(/[^\x21-\x7e ]/g, '').trim());
  const fit = fitting(schema, description.schemas).map((text) => String(text).replaceAll(/[^\x21-\x7e]/g, ''));
  return fc.option(fc.oneof(fit, odd), { freq: 2 }).map((value) => (value === null ? {} : { [name]: value }));
}

interface Body {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly headers: Record<string, string>;
}

function body(operation: Operation): fc.Arbitrary<Body | null> {
  const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const junk = fc
    .uint8Array({ maxLength: 60 })
    .map((bytes) => ({ bytes: Uint8Array.from(bytes), headers: { 'Content-Type': type ?? 'text/plain' } }));
  if (type === undefined || content === undefined) return fc.option(junk, { freq: 8 });
  const sent = (value: unknown): Body => ({
    bytes: Uint8Array.from(Buffer.from(textOf(value))),
    headers: { 'Content-Type': type },
  });
  const { schemas } = description;
  return fc.oneof(
    { weight: 5, arbitrary: fitting(content.schema, schemas).map(sent) },
    { weight: 5, arbitrary: damaged(content.schema, schemas).map(sent) },
    anyJson.map(sent),
    junk,
    fc
      .constantFrom('text/plain', 'application/xml', 'application/json; charset=utf-16')
      .map((other) => ({ ...sent({}), headers: { 'Content-Type': other } })),
    fc.constant(null),
  );
}

/** JSON.stringify escapes lone surrogates, which is what a client's library would send. */
function textOf(value: unknown): string {
  return typeof value === 'string' && value.startsWith('{') ? value : (JSON.stringify(value) ?? 'null');
}
