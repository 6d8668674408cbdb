import fc from 'fast-check';
import { deref, type JsonSchema, type Schemas } from './json-schema.ts';

/** Text that parsers, stores and logs have stumbled over. */
const NASTY_TEXT: readonly string[] = [
  '',
  ' ',
  '\0',
  '\u0000a',
  '\r\nSet-Cookie: a=b',
  '\u202e',
  '\ufeff',
  '\ud800',
  '\udfff\ud800',
  '𠀀',
  '鄂州',
  "'; DROP TABLE jobs;--",
  '../../etc/passwd',
  '%00',
  '%ff',
  '#{7*7}',
  '<script>',
  '{{7}}',
  'null',
  'undefined',
  'NaN',
  '-0',
  '1e999',
  'a'.repeat(5_000),
  '__proto__',
];
const NASTY_NUMBERS: readonly number[] = [
  0,
  -0,
  -1,
  0.1,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 63),
  1e21,
];

/** Anything JSON can say, odd texts and numbers first. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, [], {}, [[]], { __proto__x: 1 }, ...NASTY_TEXT, ...NASTY_NUMBERS),
  fc.jsonValue({ maxDepth: 3 }),
);
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY_TEXT),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

/** A value that fits the schema. */
export function fitting(given: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  const schema = deref(given, schemas);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) return fc.oneof(...alternatives.map((one) => fitting(one, schemas)));
  const types = [schema.type ?? 'object'].flat();
  return fc.oneof(...types.map((type) => fittingType(type, schema, schemas)));
}

function fittingType(type: string, schema: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1_000, max: Math.min(schema.maximum ?? 1_000, 2 ** 31 - 1) });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e9, max: schema.maximum ?? 1e9, noNaN: true });
    case 'string':
      return fittingText(schema);
    case 'array':
      return fc.array(fitting(schema.items ?? {}, schemas), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, 3),
      });
    default:
      return fittingObject(schema, schemas);
  }
}

function fittingText({ pattern, format, minLength = 0, maxLength = 30 }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'date') return fc.constantFrom('2026-01-01', '2026-12-31', '2024-02-29');
  if (format === 'date-time') return fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T08:00:00.123+08:00');
  const text =
    pattern === undefined
      ? fc.string({ minLength, maxLength: Math.min(maxLength, 60) })
      : fc.stringMatching(new RegExp(pattern, 'u'));
  return text.map((one) => one.slice(0, maxLength)).filter((one) => one.length >= minLength);
}

function fittingObject(schema: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  const model = Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, one]) => [name, fitting(one, schemas)]),
  );
  return fc.record(model, { requiredKeys: [...(schema.required ?? [])] });
}

/** A value that fits but for one fault at some depth: dropped, added, or of another type. */
export function damaged(schema: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  return fc.tuple(fitting(schema, schemas), fc.nat(), anyJson, anyText).map(([value, at, other, name]) => {
    const copy = structuredClone(value);
    const places = placesOf(copy);
    const place = places[at % Math.max(1, places.length)];
    if (place === undefined) return other;
    if (at % 3 === 0) Reflect.deleteProperty(place.holder, place.key);
    else if (at % 3 === 1) Reflect.set(place.holder, place.key, other);
    else if (!Object.hasOwn(place.holder, name))
      Object.defineProperty(place.holder, name, { value: other, enumerable: true, configurable: true, writable: true });
    return copy;
  });
}

function placesOf(value: unknown): { holder: object; key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [{ holder: value, key }, ...placesOf(item)]);
}
