/** As much of JSON Schema 2020-12 as the gateway's description uses, checked independently of the library that wrote it. */

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly format?: string;
  readonly description?: string;
  readonly example?: unknown;
  readonly default?: unknown;
}

const KNOWN: ReadonlySet<string> = new Set([
  '$ref',
  'type',
  'enum',
  'const',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
  'items',
  'prefixItems',
  'properties',
  'required',
  'additionalProperties',
  'anyOf',
  'oneOf',
  'allOf',
  'format',
  'description',
  'example',
  'default',
]);

export type Schemas = Readonly<Record<string, JsonSchema>>;

export function deref(schema: JsonSchema, schemas: Schemas): JsonSchema {
  if (schema.$ref === undefined) return schema;
  const found = schemas[schema.$ref.replace('#/components/schemas/', '')];
  if (found === undefined) throw new Error(`no schema ${schema.$ref}`);
  return deref(found, schemas);
}

/** What is wrong with `value`, one line a fault; empty when it fits. */
export function faultsOf(value: unknown, given: JsonSchema, schemas: Schemas, path = '$'): string[] {
  const schema = deref(given, schemas);
  const unknown = Object.keys(schema).filter((keyword) => !KNOWN.has(keyword));
  if (unknown.length > 0) return [`${path}: the check does not know ${unknown.join(', ')}`];
  const faults = [...typeFaults(value, schema, path), ...alternativeFaults(value, schema, schemas, path)];
  if (typeof value === 'string') faults.push(...textFaults(value, schema, path));
  if (typeof value === 'number') faults.push(...numberFaults(value, schema, path));
  if (Array.isArray(value)) faults.push(...arrayFaults(value, schema, schemas, path));
  else if (typeof value === 'object' && value !== null) faults.push(...objectFaults(value, schema, schemas, path));
  return faults;
}

export function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

function typeFaults(value: unknown, schema: JsonSchema, path: string): string[] {
  const faults: string[] = [];
  const types = schema.type === undefined ? null : [schema.type].flat();
  const actual = typeOf(value);
  const fits = types === null || types.includes(actual) || (actual === 'integer' && types.includes('number'));
  if (!fits) faults.push(`${path}: ${actual} is not ${types.join(' or ')}`);
  if (schema.enum !== undefined && !schema.enum.includes(value)) faults.push(`${path}: not in the enumeration`);
  if (schema.const !== undefined && schema.const !== value) faults.push(`${path}: not the constant`);
  return faults;
}

function alternativeFaults(value: unknown, schema: JsonSchema, schemas: Schemas, path: string): string[] {
  const fits = (one: JsonSchema) => faultsOf(value, one, schemas, path).length === 0;
  const faults = (schema.allOf ?? []).flatMap((one) => faultsOf(value, one, schemas, path));
  if (schema.anyOf !== undefined && !schema.anyOf.some(fits)) faults.push(`${path}: fits none of anyOf`);
  if (schema.oneOf !== undefined && schema.oneOf.filter(fits).length !== 1)
    faults.push(`${path}: fits not one of oneOf`);
  return faults;
}

function textFaults(value: string, schema: JsonSchema, path: string): string[] {
  const faults: string[] = [];
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value))
    faults.push(`${path}: breaks the pattern`);
  const { length } = [...value];
  if (length < (schema.minLength ?? 0) || length > (schema.maxLength ?? Number.POSITIVE_INFINITY))
    faults.push(`${path}: length`);
  if (schema.format === 'date-time' && Number.isNaN(Date.parse(value))) faults.push(`${path}: no instant`);
  return faults;
}

function numberFaults(value: number, schema: JsonSchema, path: string): string[] {
  const low =
    value < (schema.minimum ?? Number.NEGATIVE_INFINITY) ||
    value <= (schema.exclusiveMinimum ?? Number.NEGATIVE_INFINITY);
  const high =
    value > (schema.maximum ?? Number.POSITIVE_INFINITY) ||
    value >= (schema.exclusiveMaximum ?? Number.POSITIVE_INFINITY);
  return low || high ? [`${path}: out of range`] : [];
}

function arrayFaults(value: readonly unknown[], schema: JsonSchema, schemas: Schemas, path: string): string[] {
  const faults = value.flatMap((item, index) => {
    const one = schema.prefixItems?.[index] ?? schema.items;
    return one === undefined ? [] : faultsOf(item, one, schemas, `${path}[${index}]`);
  });
  const { length } = value;
  if (length < (schema.minItems ?? 0) || length > (schema.maxItems ?? Number.POSITIVE_INFINITY))
    faults.push(`${path}: items`);
  return faults;
}

function objectFaults(value: object, schema: JsonSchema, schemas: Schemas, path: string): string[] {
  const faults = (schema.required ?? [])
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${path}.${name}: missing`);
  for (const [name, item] of Object.entries(value)) {
    const one = schema.properties?.[name] ?? schema.additionalProperties;
    if (one === false) faults.push(`${path}.${name}: not declared`);
    else if (typeof one === 'object') faults.push(...faultsOf(item, one, schemas, `${path}.${name}`));
  }
  return faults;
}
