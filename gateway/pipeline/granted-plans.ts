import { z } from 'zod';
import {
  acceptedIntakes,
  type Db,
  findPlan,
  findResource,
  findVersion,
  type Intake,
  newSharedFacts,
  once,
  type PlanStanding,
  type Resource,
  type ResourceVersion,
  type SharedFacts,
  type Store,
  standingOf,
  type UsagePlan,
} from '#catalog';
import { type GrantedTable, grantedPrints, type QueryCatalog, type StoredPrints, twinsOf } from '#policies';
import { storedBeside } from '../resources/stored-beside.ts';

/** A plan, how it stands on a day, and the only tables and columns that exist for a query under it. */
export interface GrantedPlan {
  readonly plan: UsagePlan;
  readonly standing: PlanStanding;
  /** Of the catalogue that all this was read from. */
  readonly catalogueVersion: number;
  readonly catalog: QueryCatalog;
}

const PLANS_MAX = 1_000;

/** What is read once for all plans of one state of the catalogue and day. */
interface StateRead {
  readonly shared: SharedFacts;
  /** Null where there is none, or it has no version. */
  readonly tables: Map<string, CurrentTable | null>;
}

/** A table with its current version, and what of it is the same for every plan. */
interface CurrentTable {
  readonly resource: Resource;
  readonly stored: ResourceVersion;
  /** Columns that this version was stored with a twin of: what ingest reported. */
  readonly twins: ReadonlySet<string>;
  /** And with prints. */
  readonly prints: StoredPrints | null;
  /** What is told of it whichever columns are granted: its rows where all of it is public, and which encryption it is. */
  readonly told: Pick<GrantedTable, 'rows' | 'uniqueColumns' | 'sealed'>;
}

const newStateRead = (): StateRead => ({ shared: newSharedFacts(), tables: new Map() });

function currentTable(db: Db, id: string): CurrentTable | null {
  const resource = findResource(db, id);
  return resource?.currentVersion == null ? null : tableOf(resource, findVersion(db, id, resource.currentVersion));
}

function tableOf(resource: Resource, stored: ResourceVersion | null): CurrentTable | null {
  if (stored === null) return null;
  const { report, rows } = stored;
  const open = isPublic(resource.schema) && rows !== null ? { rows, uniqueColumns: uniqueIn(report) } : {};
  const { twins, prints } = storedBeside({ report });
  return { resource, stored, twins: new Set(twins), prints, told: { ...open, ...sealedIn(stored) } };
}

/** What plans may use, read once for each state of the catalogue and day: a busy plan is asked for hundreds of times a second. */
export class GrantedPlans {
  readonly #store: Store;
  readonly #granted = new Map<string, GrantedPlan>();
  #read = newStateRead();
  #readAt = '';

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * As the catalogue is now; null where there is no such plan.
   *
   * @param today ISO date in Asia/Shanghai: standings end at its midnight.
   */
  find(id: string, today: string): GrantedPlan | null {
    const catalogueVersion = this.#store.catalogueVersion();
    const readAt = `${catalogueVersion} ${today}`;
    if (readAt !== this.#readAt) this.#read = newStateRead();
    if (readAt !== this.#readAt || this.#granted.size > PLANS_MAX) this.#granted.clear();
    this.#readAt = readAt;
    const known = this.#granted.get(id);
    if (known !== undefined) return known;
    const granted = this.#store.read((db) => grantedPlan(db, id, { today, catalogueVersion, ...this.#read }));
    if (granted !== null) this.#granted.set(id, granted);
    return granted;
  }
}

function grantedPlan(
  db: Db,
  id: string,
  read: { readonly today: string; readonly catalogueVersion: number } & StateRead,
): GrantedPlan | null {
  const { today, catalogueVersion, shared, tables } = read;
  const plan = findPlan(db, id);
  if (plan === null) return null;
  const standing = standingOf(db, plan, today, shared);
  const intakes = acceptedIntakes(db, id, today);
  return Object.freeze({ plan, standing, catalogueVersion, catalog: catalogOf(db, plan, standing, intakes, tables) });
}

/** INVARIANT: made of what grants cover, never of what the plan asks for; beside it the developer's own tables that are accepted for it. */
function catalogOf(
  db: Db,
  plan: UsagePlan,
  { covered }: PlanStanding,
  intakes: readonly Intake[],
  current: StateRead['tables'],
): QueryCatalog {
  const tables = new Map<string, GrantedTable>();
  for (const { resource: id, columns } of covered) {
    const table = once(current, id, () => currentTable(db, id));
    if (table?.resource.state !== 'listed' || !admits(table.resource, plan)) continue;
    tables.set(table.resource.schema.table, grantedTable(table, columns));
  }
  for (const { resource: id, version } of intakes) {
    const resource = findResource(db, id);
    const table = resource === null || version === null ? null : tableOf(resource, findVersion(db, id, version));
    // A table of the city goes before one's own of its name; INVARIANT: what was accepted, and no other version.
    if (table?.stored.state !== 'current' || tables.has(id)) continue;
    const columns = table.resource.schema.columns.map(({ name }) => name);
    tables.set(id, grantedTable(table, columns));
  }
  return tables;
}

/** 使用条件: what the entry's terms leave out does not exist for the plan's queries. */
function admits({ terms }: Resource, plan: UsagePlan): boolean {
  return terms.service === 'analysis' && terms.classes.includes(plan.class);
}

function grantedTable(
  { resource, stored, twins, prints, told }: CurrentTable,
  columns: readonly string[],
): GrantedTable {
  const seen = resource.schema.columns.filter((column) => columns.includes(column.name) || column.unit !== undefined);
  return {
    resource: resource.id,
    version: stored.version,
    schema: { ...resource.schema, columns: seen },
    // Columns that name a privacy unit protect whether or not the plan lets the asker use them.
    protectionOnly: seen.filter((column) => !columns.includes(column.name)).map((column) => column.name),
    rowsPerUnitMax: stored.rowsPerUnitMax,
    twins: twinsOf(seen).flatMap(({ name }) => (twins.has(name) ? [name] : [])),
    ...(prints === null ? {} : { prints: grantedPrints(prints, columns) }),
    ...told,
  };
}

/** Whose rows may be given out as they are. */
const isPublic = ({ level, columns }: Resource['schema']): boolean =>
  [level, ...columns.map((column) => column.level)].every((one) => one === 'general-1');

/** Which encryption of the table this version is; nothing where it has no encrypted columns. */
function sealedIn({ report, rows }: ResourceVersion): Pick<GrantedTable, 'sealed'> {
  const version = report === null ? undefined : ENCRYPTED.safeParse(report).data?.encrypted?.version;
  return version === undefined || rows === null ? {} : { sealed: { version, sealedRows: rows } };
}

const uniqueIn = (report: unknown): readonly string[] => UNIQUE.safeParse(report).data?.uniqueColumns ?? [];

/** Versions stored before columns were looked at have none. */
const UNIQUE = z.object({ uniqueColumns: z.array(z.string()) });
const ENCRYPTED = z.object({ encrypted: z.object({ version: z.string() }).nullish() });
