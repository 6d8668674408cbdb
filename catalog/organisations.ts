import type { Db } from './db.ts';
import { and, asc, eq, gt, sql } from './orm.ts';
import type { Page } from './page.ts';
import { boundedLimit } from './page.ts';
import { prepared } from './prepared.ts';
import { organisations } from './schema.ts';

export type OrganisationKind = 'provider' | 'developer' | 'operator' | 'bureau' | 'security' | 'custodian';

export interface Organisation {
  readonly id: string;
  readonly title: { readonly zh: string; readonly en: string };
  readonly kind: OrganisationKind;
}

type Row = typeof organisations.$inferSelect;
const fromRow = ({ id, titleZh, titleEn, kind }: Row): Organisation => ({
  id,
  title: { zh: titleZh, en: titleEn },
  kind,
});

/** Adds the organisation or replaces the one with its id. */
export function putOrganisation(tx: Db, organisation: Organisation): void {
  const { id, title, kind } = organisation;
  const rest = { titleZh: title.zh, titleEn: title.en, kind };
  tx.orm
    .insert(organisations)
    .values({ id, ...rest })
    .onConflictDoUpdate({ target: organisations.id, set: rest })
    .run();
}

const organisationById = prepared((db) =>
  db.orm
    .select()
    .from(organisations)
    .where(eq(organisations.id, sql.placeholder('id')))
    .prepare(),
);

export function findOrganisation(db: Db, id: string): Organisation | null {
  const row = db.sealed('organisations', organisationById(db).get({ id }));
  return row === undefined ? null : fromRow(row);
}

/** The operator of a city that has one; null where there is none or several: then it has to be named. */
export function soleOperator(db: Db): string | null {
  const [first, second] = listOrganisations(db, { kind: 'operator', limit: 2 });
  return first === undefined || second !== undefined ? null : first.id;
}

/** By id; `after` is an organisation's id. */
export function listOrganisations(db: Db, page: Page & { kind?: OrganisationKind } = {}): readonly Organisation[] {
  const where = and(
    page.after === undefined ? undefined : gt(organisations.id, page.after),
    page.kind === undefined ? undefined : eq(organisations.kind, page.kind),
  );
  const query = db.orm.select().from(organisations).where(where).orderBy(asc(organisations.id));
  const rows = query.limit(boundedLimit(page.limit)).all();
  return rows.map((row) => fromRow(db.sealed('organisations', row)));
}
