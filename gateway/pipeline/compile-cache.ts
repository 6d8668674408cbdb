import type { PrivacyOption } from '#policies';
import type { Admission } from './admit.ts';
import type { CompiledStages } from './compile-query.ts';

/** Most queries, and most characters of one, that are remembered. */
const QUERIES_MAX = 256;
const CHARACTERS_MAX = 8_192;

/**
 * A bounded memory of compiled queries. Compiling is a pure function of the text, the granted columns of tables in their versions,
 * the plan's own threshold, what may be spent and the facts (`today`, `now` to the minute), so all of them are the key. Refusals are not kept.
 */
export class CompileCache {
  readonly #compiled = new Map<string, CompiledStages>();

  find(key: string): CompiledStages | undefined {
    const found = this.#compiled.get(key);
    if (found === undefined) return undefined;
    this.#compiled.delete(key); // re-inserted: the map's order is the order of use
    this.#compiled.set(key, found);
    return found;
  }

  keep(key: string, stages: CompiledStages): void {
    if (key.length > CHARACTERS_MAX) return;
    this.#compiled.set(key, stages);
    if (this.#compiled.size > QUERIES_MAX) this.#compiled.delete(this.#compiled.keys().next().value!);
  }
}

/** The plan's hash covers its threshold; versions, schemas and columns are those of the admitted tables, which grants may narrow. */
export function compileKey(
  sql: string,
  privacy: PrivacyOption | null,
  { plan, catalog }: Admission,
  facts: { today: string; now: string },
): string {
  const tables = [...catalog.values()].map(({ resource, version, schema, protectionOnly }) => [
    resource,
    version,
    schema.columns.map(({ name }) => name),
    protectionOnly,
  ]);
  return JSON.stringify([plan.hash, tables, facts, privacy, sql]);
}
