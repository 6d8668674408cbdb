import type { ColumnId, Rel, Scan, ScanColumn } from '../plan.ts';
import { columnsIn } from '../plan-walk.ts';
import { canonicalText } from './canonical.ts';
import { expressionText } from './expression-text.ts';
import { type Raw, rootOf } from './raw.ts';

/**
 * What is added to the names of a table's columns where it stands twice in a row: jobs of a person beside other jobs of theirs. WHY by what is asked of
 * each role, and not by the order of FROM: a question that names the two the other way round is to find the number of the same one.
 */
export function roleSuffixes({ rel, alias, restrictions }: Raw): ReadonlyMap<Scan, string> {
  const tables = standing(rel, '');
  const roles = [...Map.groupBy(tables, ({ scan }) => tableOf(scan)).values()].filter(({ length }) => length > 1);
  const names = new Map(tables.flatMap(({ scan }) => scan.columns.map((column) => [column.id, nameIn(scan, column)])));
  const askedOf = ({ columns }: Scan): readonly string[] => {
    const own = new Map(
      columns.flatMap(({ id, column, type }) =>
        type.kind === 'token' ? [] : [[rootOf(alias, id), `self.${column}`] as const],
      ),
    );
    const nameOf = (id: ColumnId): string => own.get(id) ?? names.get(id) ?? '?';
    const about = restrictions.filter((one) => columnsIn(one).some((id) => own.has(id)));
    return about.map((one) => expressionText(one, nameOf)).sort();
  };
  return new Map(
    roles.flatMap((role) => {
      const known = role.map(({ scan, made }) => ({ scan, text: [made, ...askedOf(scan)].join('\n') }));
      const sorted = known.toSorted((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
      return sorted.flatMap(({ scan }, at) => (at === 0 ? [] : [[scan, `~${at}`] as const]));
    }),
  );
}

interface Standing {
  readonly scan: Scan;
  /** The aggregation that its rows are in. */
  readonly made: string;
}

/** The stored tables of which something stands in the rows of a relation. */
function standing(rel: Rel, made: string): readonly Standing[] {
  switch (rel.kind) {
    case 'scan':
      return rel.source.kind === 'table' ? [{ scan: rel, made }] : [];
    // Rows of one side or the other are no rows of both.
    case 'set-operation':
    case 'values':
      return [];
    case 'join':
      return rel.join === 'semi' || rel.join === 'anti'
        ? standing(rel.left, made)
        : [...standing(rel.left, made), ...standing(rel.right, made)];
    case 'aggregate':
      return standing(rel.input, made === '' ? canonicalText(rel) : made);
    default:
      return standing(rel.input, made);
  }
}

const nameIn = (scan: Scan, { column, type }: ScanColumn): string =>
  type.kind === 'token' ? `*.${type.domain}` : `${tableOf(scan)}.${column}`;

const tableOf = ({ source }: Scan): string => (source.kind === 'table' ? source.resource : '');
