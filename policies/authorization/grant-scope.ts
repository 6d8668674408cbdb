/**
 * What grants let an operator use (domain.md, 05 06 09). Pure. A grant is whole (整体授权: everything that its signatories have on the
 * list of authorised operation) or individual (个别授权: the tables and columns that it names). None is exclusive: what several
 * cover is covered, and each ends by itself.
 */

export const GRANT_KINDS = ['whole', 'individual'] as const;
export type GrantKind = (typeof GRANT_KINDS)[number];

/** A grant as far as it decides. */
export interface GrantScope {
  readonly id: string;
  readonly kind: GrantKind;
  readonly operator: string;
  /** Of an individual grant; empty where it is whole. */
  readonly tables: readonly { readonly resource: string; readonly columns: readonly string[] }[];
  /** Classes of purposes that it is for. */
  readonly classes: readonly string[];
  /** Days in Asia/Shanghai, both inclusive. */
  readonly validFrom: string;
  readonly validUntil: string;
  /** Whether the bureau has signed, and not revoked. */
  readonly bureau: boolean;
  /** Providers that have signed, and not revoked. */
  readonly providers: readonly string[];
}

/** What a plan asks of grants. */
export interface ScopeAsked {
  /** Who serves it; null: nobody is named, and nothing is covered. */
  readonly operator: string | null;
  readonly class: string;
  readonly tables: readonly {
    readonly resource: string;
    readonly columns: readonly string[];
    readonly provider: string;
    /** Whether it stands on the list of authorised operation. */
    readonly isGrantable: boolean;
  }[];
}

/** What is left of a plan within the grants. */
export interface Coverage {
  /** Only what is covered: columns in order of the plan, and the grants that they are covered by. */
  readonly tables: readonly {
    readonly resource: string;
    readonly columns: readonly string[];
    readonly grants: readonly string[];
  }[];
  /** `resource` or `resource.column`: asked for by the plan and covered by no grant. */
  readonly missing: readonly string[];
}

/**
 * The part of a plan that grants cover on a day: of each table the columns that some grant in force, signed by the bureau and by the
 * table's own provider, has for the plan's operator and class of purpose.
 *
 * @param grantsOf all that may cover a table; whether they do is decided here.
 */
export function coverageOf(
  asked: ScopeAsked,
  grantsOf: (resource: string) => readonly GrantScope[],
  today: string,
): Coverage {
  const tables: Coverage['tables'][number][] = [];
  const missing: string[] = [];
  for (const { resource, columns, provider, isGrantable } of asked.tables) {
    const isCovered = columns.map(() => false);
    const grants: string[] = [];
    for (const grant of isGrantable ? grantsOf(resource) : []) {
      if (!isUsable(grant, asked, today) || !grant.providers.includes(provider)) continue;
      if (mark(isCovered, columns, grant, resource)) grants.push(grant.id);
    }
    const covered = columns.filter((_, place) => isCovered[place]);
    if (covered.length > 0) tables.push({ resource, columns: covered, grants });
    if (covered.length === 0) missing.push(resource);
    else for (const column of columns) if (!covered.includes(column)) missing.push(`${resource}.${column}`);
  }
  return { tables, missing };
}

function isUsable(grant: GrantScope, asked: ScopeAsked, today: string): boolean {
  const inTerm = grant.validFrom <= today && today <= grant.validUntil;
  return inTerm && grant.bureau && grant.operator === asked.operator && grant.classes.includes(asked.class);
}

/**
 * Marks the columns that the grant names. WHY in place, and by number: a plan meets a hundred grants at every first question.
 *
 * @returns whether there are any.
 */
function mark(
  isCovered: boolean[],
  columns: readonly string[],
  { kind, tables }: GrantScope,
  resource: string,
): boolean {
  if (kind === 'whole') isCovered.fill(true);
  let isAny = kind === 'whole';
  for (let at = 0; at < tables.length; at += 1) {
    const named = tables[at];
    if (named?.resource !== resource) continue;
    for (let place = 0; place < columns.length; place += 1) {
      if (!named.columns.includes(columns[place] ?? '')) continue;
      isCovered[place] = true;
      isAny = true;
    }
  }
  return isAny;
}
