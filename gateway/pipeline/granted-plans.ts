import { z } from 'zod';
import {
  findPlan,
  findResource,
  findVersion,
  type Resource,
  type ResourceVersion,
  type Store,
  type UsagePlan,
} from '#catalog';
import { type ColumnSchema, type GrantedTable, type QueryCatalog, twinsOf } from '#policies';

/** A plan, and the only tables and columns that exist for a query under it. */
export interface GrantedPlan {
  readonly plan: UsagePlan;
  readonly catalog: QueryCatalog;
}

const PLANS_MAX = 1_000;

/** What plans grant, read once for each state of the catalogue: a busy plan is asked for hundreds of times a second. */
export class GrantedPlans {
  readonly #store: Store;
  readonly #granted = new Map<string, GrantedPlan>();
  #version = -1;

  constructor(store: Store) {
    this.#store = store;
  }

  /** As the catalogue is now; null where there is no such plan. */
  find(id: string): GrantedPlan | null {
    const version = this.#store.catalogueVersion();
    if (version !== this.#version || this.#granted.size > PLANS_MAX) this.#granted.clear();
    this.#version = version;
    const known = this.#granted.get(id);
    if (known !== undefined) return known;
    const plan = this.#store.read((db) => findPlan(db, id));
    if (plan === null) return null;
    const granted = Object.freeze({ plan, catalog: catalogOf(plan, this.#store) });
    this.#granted.set(id, granted);
    return granted;
  }
}

function catalogOf(plan: UsagePlan, store: Store): QueryCatalog {
  const tables = new Map<string, GrantedTable>();
  store.read((db) => {
    for (const { resource: id, columns } of plan.tables) {
      const resource = findResource(db, id);
      const version = resource?.currentVersion ?? null;
      if (resource === null || resource.state !== 'listed' || version === null) continue;
      const stored = findVersion(db, id, version);
      if (stored !== null) tables.set(resource.schema.table, grantedTable(resource, stored, columns));
    }
  });
  return tables;
}

function grantedTable(resource: Resource, stored: ResourceVersion, columns: readonly string[]): GrantedTable {
  const granted = new Set(columns);
  const seen = resource.schema.columns.filter((column) => granted.has(column.name) || column.unit !== undefined);
  return {
    resource: resource.id,
    version: stored.version,
    schema: { ...resource.schema, columns: seen },
    // Columns that name a privacy unit protect whether or not the plan lets the asker use them.
    protectionOnly: seen.filter((column) => !granted.has(column.name)).map((column) => column.name),
    rowsPerUnitMax: stored.rowsPerUnitMax,
    twins: twinsIn(stored, seen),
    ...sealedIn(stored),
  };
}

/** Of the granted columns, those that this version was stored with: what ingest reported. */
function twinsIn({ report }: ResourceVersion, columns: readonly ColumnSchema[]): readonly string[] {
  const stored = new Set(TWINS.safeParse(report).data?.twins);
  return twinsOf(columns).flatMap(({ name }) => (stored.has(name) ? [name] : []));
}

/** Which encryption of the table this version is; nothing where it has no encrypted columns. */
function sealedIn({ report, rows }: ResourceVersion): Pick<GrantedTable, 'sealed'> {
  const version = ENCRYPTED.safeParse(report).data?.encrypted?.version;
  return version === undefined || rows === null ? {} : { sealed: { version, sealedRows: rows } };
}

const ENCRYPTED = z.object({ encrypted: z.object({ version: z.string() }).nullish() });
const TWINS = z.object({ twins: z.array(z.string()) });
