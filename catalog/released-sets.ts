import { asc, eq, sql } from 'drizzle-orm';
import type { KnownSet, TablePrint } from '#policies';
import { type Db, prepared } from './db.ts';
import { givenValues, releasedSets } from './schema.ts';

const insertSet = prepared(({ orm }) =>
  orm
    .insert(releasedSets)
    .values({
      lineage: sql.placeholder('lineage'),
      identity: sql.placeholder('identity'),
      version: sql.placeholder('version'),
      kind: sql.placeholder('kind'),
      family: sql.placeholder('family'),
      keySums: sql.placeholder('keySums'),
      rowCounts: sql.placeholder('rowCounts'),
      job: sql.placeholder('job'),
    })
    .prepare(),
);
const insertGiven = prepared(({ orm }) =>
  orm
    .insert(givenValues)
    .values({
      setName: sql.placeholder('set'),
      functional: sql.placeholder('functional'),
      value: sql.placeholder('value'),
    })
    .onConflictDoNothing()
    .prepare(),
);
const selectGiven = prepared(({ orm }) =>
  orm
    .select({ value: givenValues.value })
    .from(givenValues)
    .where(
      sql`${eq(givenValues.setName, sql.placeholder('set'))} AND ${eq(givenValues.functional, sql.placeholder('functional'))}`,
    )
    .prepare(),
);

/**
 * What the differencing guard remembers, durable with the outcome of the job that it is about. A set that is joined from
 * several tables stands as one row a table, under one identity and family.
 */
export function insertReleasedSets(tx: Db, job: string, sets: readonly KnownSet[]): void {
  for (const { identity, print, kind, family } of sets) {
    for (const table of print) {
      insertSet(tx).run({
        lineage: table.resource,
        identity,
        version: table.version,
        kind,
        family,
        keySums: bytesOf(table.keySums),
        rowCounts: bytesOf(table.rowCounts),
        job,
      });
    }
  }
}

/** All sets of a home, in the order in which they were released. */
export function* listReleasedSets(db: Db): Iterable<KnownSet> {
  let print: TablePrint[] = [];
  let open: Omit<KnownSet, 'print'> | null = null;
  for (const row of db.orm.select().from(releasedSets).orderBy(asc(releasedSets.id)).all()) {
    const { identity, family, kind, lineage: resource, version } = row;
    if (open !== null && !(open.identity === identity && open.family === family && open.kind === kind)) {
      yield { ...open, print };
      print = [];
    }
    open = { identity, family, kind };
    print.push({ resource, version, keySums: numbersOf(row.keySums), rowCounts: numbersOf(row.rowCounts) });
  }
  if (open !== null) yield { ...open, print };
}

export interface GivenValue {
  readonly set: string;
  readonly functional: string;
  /** Exact: `top/bottom`. */
  readonly value: string;
}

/** The first number given stays. */
export function insertGivenValues(tx: Db, values: readonly GivenValue[]): void {
  for (const { set, functional, value } of values) {
    insertGiven(tx).run({ set, functional, value });
  }
}

export function findGivenValue(db: Db, set: string, functional: string): string | null {
  const found = selectGiven(db).get({ set, functional });
  return found?.value ?? null;
}

function bytesOf(numbers: Float64Array): Buffer {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function numbersOf(bytes: Buffer): Float64Array {
  return new Float64Array(new Uint8Array(bytes).buffer);
}
