import { AppError } from '../errors.ts';
import type { Exact } from '../mechanisms/suppression/exact.ts';
import type { CellLayout, CellsBoundary } from '../sql/rewrite/cell-layout.ts';
import type { Cell, TableData } from '../table-data.ts';
import {
  countAt,
  type GroupRow,
  isTelling,
  judgeCheck,
  judgeUnits,
  numberAt,
  type Rules,
  type Verdict,
  worst,
} from './contributions.ts';
import { compareKeys } from './key-order.ts';
import { type NoiseSource, needsContributions, perturbedTerm } from './noise.ts';
import { type ProtectedTable, releasedTable } from './protected-table.ts';
import type { Suppressed } from './released-result.ts';
import { ruleValue } from './value-rules.ts';

/** A group that is shown, and its terms as they leave; null for those that do not. */
export interface ShownGroup {
  readonly row: number;
  readonly terms: readonly (Exact | null)[];
}

/** How one boundary is protected. `noise`: null in mode `aggregate`. */
export interface Protection extends Rules {
  readonly noise: NoiseSource | null;
}

/**
 * The keys of the groups about which the first statement's bounds decide not everything: what the exact statement is
 * asked for. null where nothing is open.
 */
export function openGroups(protection: Protection, raw: TableData): TableData | null {
  const { layout } = protection;
  const open: number[] = [];
  for (let row = 0; row < raw.rowCount; row += 1) {
    const group: GroupRow = { raw, row, exact: null };
    const enough = judgeUnits(protection, 0, layout.unitsMin, group);
    if (enough === 'unsafe') continue;
    if (enough === 'open' || judgeTerms(protection, group).includes('open')) open.push(row);
  }
  if (open.length === 0) return null;
  const columns = layout.keys.map((key, position) => ({ name: `c${position}`, type: raw.columns[key]!.type }));
  const values = layout.keys.map((key) => open.map((row) => raw.values[key]![row]!));
  return { columns, values, rowCount: open.length };
}

/** The groups of a boundary by what they may show, in the order of their keys. */
export interface JudgedGroups {
  readonly protection: Protection;
  readonly shown: readonly ShownGroup[];
  /** Rows of the first statement that are not shown at all. */
  readonly left: readonly number[];
  /** Mode `perturbed`: sets of rows (`layout.sets`) of which nothing shows, which tells something of them. */
  readonly withheld: readonly { readonly row: number; readonly set: number }[];
}

/** Applies threshold and dominance, and noise in mode `perturbed`. @throws AppError SQL_TOO_COMPLEX */
export function judgeGroups(protection: Protection, raw: TableData, exact: TableData | null): JudgedGroups {
  const { layout, profile } = protection;
  const exactRows = exact === null ? null : rowsByKey(layout.exact.keys, exact);
  const shown: ShownGroup[] = [];
  const left: number[] = [];
  const withheld: { row: number; set: number }[] = [];
  for (let row = 0; row < raw.rowCount; row += 1) {
    const found = isTooSmall(protection, raw, row) ? undefined : exactRows?.get(keyText(layout.keys, raw, row));
    const group: GroupRow = { raw, row, exact: found === undefined ? null : { table: exact!, row: found } };
    // What is still open here was not answered by the exact statement: it stays hidden.
    const isEnough = judgeUnits(protection, 0, layout.unitsMin, group) === 'safe';
    if (isEnough) {
      const verdicts = judgeTerms(protection, group);
      const terms = verdicts.map((verdict, term) => (verdict === 'safe' ? termOf(protection, term, group) : null));
      shown.push({ row, terms });
      for (const set of hiddenSets(protection, terms, group)) withheld.push({ row, set });
      continue;
    }
    if (isTelling(protection, 0, group)) withheld.push({ row, set: 0 });
    if (isPublicGroup(layout, raw, row)) shown.push({ row, terms: layout.terms.map(() => null) });
    else left.push(row);
  }
  if (shown.length > profile.cellsMax)
    throw new AppError('SQL_TOO_COMPLEX', { what: 'groups', limit: profile.cellsMax });
  shown.sort((a, b) => compareKeys(layout.keys, raw, a.row, b.row));
  return { protection, shown, left, withheld };
}

/** The sets of a group of which no term is shown, and which are not known to be small. */
function hiddenSets(protection: Protection, shown: ShownGroup['terms'], group: GroupRow): readonly number[] {
  const { layout } = protection;
  return [...layout.sets.keys()].filter((set) => {
    const terms = [...layout.terms.keys()].filter((term) => layout.terms[term]!.set === set);
    const isHidden = terms.length > 0 && terms.every((term) => shown[term] === null);
    return isHidden && terms.some((term) => isTelling(protection, layout.terms[term]!.check, group));
  });
}

/** WHY before its key is looked up: what small groups are gathered into has NULL for keys, and so has the group of NULL. */
function isTooSmall(protection: Protection, raw: TableData, row: number): boolean {
  return judgeUnits(protection, 0, protection.layout.unitsMin, { raw, row, exact: null }) === 'unsafe';
}

/**
 * Leaves out the groups of which no value is shown. WHY among linked groupings: with a group present as a row of NULLs, that
 * it has enough units would be known, and of the groups left out that they have not.
 */
export function onlyTelling(groups: JudgedGroups, raw: TableData): JudgedGroups {
  const { protection, shown, left } = groups;
  const { layout } = protection;
  const tells = ({ row, terms }: ShownGroup) =>
    terms.length === 0 || terms.some((value) => value !== null) || isPublicGroup(layout, raw, row);
  const silent = shown.filter((group) => !tells(group)).map(({ row }) => row);
  return { ...groups, shown: shown.filter(tells), left: [...left, ...silent] };
}

/** The table that `finish` reads. */
export function tableOfGroups(
  released: CellsBoundary['released'],
  { protection: { layout }, shown, left }: JudgedGroups,
  raw: TableData,
): ProtectedTable {
  const values = layout.values.map((value) => shown.map((group) => cellOf(value, group)));
  const keys = layout.keys.map((key) => shown.map(({ row }) => raw.values[key]![row]!));
  return {
    table: releasedTable(
      released,
      [...keys, ...values].map((column) => Object.freeze(column)),
      shown.length,
    ),
    suppressed: suppressedOf(layout, raw, shown, left),
  };
}

/** Per term: whether it may leave. */
function judgeTerms(protection: Protection, group: GroupRow): readonly Verdict[] {
  const { layout, noise } = protection;
  const floors = layout.terms.map(() => layout.unitsMin);
  for (const { forms, unitsMin } of layout.values) {
    for (const { term } of forms.flat()) floors[term] = Math.max(floors[term]!, unitsMin);
  }
  return layout.terms.map((term, position) => {
    const { rest } = layout.sets[term.set]!;
    const contributors = judgeCheck(protection, term.check, floors[position]!, group);
    if (noise !== null) return worst([contributors, needsContributions(layout, term, group) ? 'open' : 'safe']);
    return worst([contributors, rest === null ? 'safe' : judgeUnits(protection, rest, layout.unitsMin, group)]);
  });
}

/** The number that leaves; null where noise cannot be drawn. */
function termOf({ layout, noise }: Protection, position: number, group: GroupRow): Exact | null {
  const term = layout.terms[position]!;
  return noise === null ? numberAt(group.raw, term.value, group.row) : perturbedTerm(layout, term, group, noise);
}

function cellOf(value: CellLayout['values'][number], { terms }: ShownGroup): Cell {
  return isHidden(value, terms) ? null : ruleValue(value, terms as readonly Exact[]);
}

function isHidden({ forms }: CellLayout['values'][number], terms: ShownGroup['terms']): boolean {
  return forms.flat().some(({ term }) => terms[term] === null);
}

/** A group on the public list is no secret; a group with a NULL key is on no list. A grand total is always there. */
function isPublicGroup({ keys, listed }: CellLayout, raw: TableData, row: number): boolean {
  return keys.length === 0 || (listed !== null && raw.values[listed]![row] === true);
}

function rowsByKey(keys: readonly number[], table: TableData): ReadonlyMap<string, number> {
  return new Map(Array.from({ length: table.rowCount }, (_, row) => [keyText(keys, table, row), row]));
}

function keyText(keys: readonly number[], table: TableData, row: number): string {
  return JSON.stringify(keys.map((key) => textOf(table.values[key]![row]!)));
}

const textOf = (cell: Cell): Cell => (typeof cell === 'bigint' ? `${cell}n` : cell);

/** Counts what was withheld, by aggregates as the user wrote them. Reasons are the same for every grouped answer. */
function suppressedOf(
  layout: CellLayout,
  raw: TableData,
  shown: readonly ShownGroup[],
  left: readonly number[],
): Suppressed {
  const cells = shown.reduce(
    (sum, { terms }) => sum + layout.values.filter((value) => isHidden(value, terms)).length,
    0,
  );
  const groupsAt = (row: number) => (layout.groups === null ? 1 : countAt(raw, layout.groups, row));
  const groups = mayTellGroups(layout, raw, left) ? left.reduce((sum, row) => sum + groupsAt(row), 0) : 0;
  return { cells, groups, reasons: cells + groups > 0 ? ['threshold', 'dominance'] : [] };
}

/**
 * The number of groups left out is itself a number about the units in them. WHY: with one person's rows as the only
 * small group, 1 against 0 would tell whether a condition holds for that person. So it is told only when it provably
 * stands for as many units as any other value; the masks give a lower bound on how many.
 */
function mayTellGroups(layout: CellLayout, raw: TableData, left: readonly number[]): boolean {
  return layout.units.every(({ mask }) => {
    let classes = 0n;
    for (const row of left) classes |= BigInt(raw.values[mask]![row] ?? 0);
    return bitsOf(classes) >= layout.unitsMin;
  });
}

function bitsOf(mask: bigint): number {
  let bits = 0;
  for (let rest = mask; rest > 0n; rest >>= 1n) bits += Number(rest & 1n);
  return bits;
}
