import type { SourcePlace } from '../../errors.ts';
import { ROW_KEY_COLUMN } from '../../table-schema.ts';
import type { ColumnId, Join, Rel, SetOperation } from '../plan.ts';
import { columnsOf } from '../plan.ts';
import { neverNull } from '../plan-facts.ts';
import { BOOLEAN } from '../sql-type.ts';
import { and, equals, type IdSource, literal, named, notDistinct, ref, refTo } from './build.ts';
import { NO_CHANGES } from './changes.ts';
import type { Condition } from './conditions.ts';
import { asRaw, type Raw, rootOf, type UnitColumn } from './raw.ts';
import { constructRefused } from './refusals.ts';

/**
 * INTERSECT and EXCEPT as the semi or anti join that they are. Rows are compared as a whole, NULL with NULL; only over
 * identifiers that are always there, so that a row is kept or left out by rows of the same unit.
 * @throws AppError POLICY_CONSTRUCT_REFUSED
 */
export function matchOf(operation: SetOperation, left: Raw, right: Raw, place: SourcePlace | null): Join {
  const [own, theirs] = [columnsOf(left.rel), columnsOf(right.rel)];
  const met = new Set<ColumnId>();
  const on = operation.columns.map((_, position) => {
    const [a, b] = [refTo(own[position]!), refTo(theirs[position]!)];
    if (a.type.kind !== 'token' || !neverNull(left.rel, a) || !neverNull(right.rel, b)) return notDistinct(a, b);
    met.add(rootOf(right.alias, b.id));
    return equals(a, b);
  });
  const matched = met.size > 0 && right.units.every(({ id }) => met.has(rootOf(right.alias, id)));
  if (operation.all || (right.leaves.size > 0 && !matched)) {
    throw constructRefused(
      `${operation.op.toUpperCase()}${operation.all ? ' ALL' : ''} over protected rows`,
      'IN or NOT IN on the identifier that both tables share',
      place,
    );
  }
  const join = operation.op === 'intersect' ? 'semi' : 'anti';
  return { kind: 'join', join, left: left.rel, right: right.rel, on: and(on), at: operation.at };
}

/** UNION ALL: each row keeps its own units; what a side does not have is NULL and counts for nobody. */
export function unionRaw(operation: SetOperation, left: Raw, right: Raw, ids: IdSource): Raw {
  const slots = unitSlots(left, right);
  const shown = slots.map((slot) => columnNaming(slot, operation, left, right));
  const names = slots.map(({ type }, slot) => ({ id: shown[slot] ?? ids.next(), name: 'unit', type }));
  const added = slots.filter((_, slot) => shown[slot] === null);
  const keys = [...left.rowKeys, ...right.rowKeys];
  const keyNames = keys.map(({ type }) => ({ id: ids.next(), name: ROW_KEY_COLUMN, type }));
  const side = (raw: Raw, pick: (slot: Slot) => UnitColumn | undefined): Rel => ({
    kind: 'project',
    input: raw.rel,
    columns: [
      ...columnsOf(raw.rel)
        .slice(0, operation.columns.length)
        .map((column) => named(ids.next(), column.name, refTo(column))),
      ...added.map((slot) => {
        const unit = pick(slot);
        return named(ids.next(), 'unit', unit === undefined ? literal(null, slot.type) : ref(unit.id, unit.type));
      }),
      ...keys.map((key) =>
        named(ids.next(), ROW_KEY_COLUMN, raw.rowKeys.includes(key) ? ref(key.id, key.type) : literal(null, key.type)),
      ),
    ],
  });
  const rel: SetOperation = {
    ...operation,
    all: true,
    columns: [...operation.columns, ...names.filter((_, slot) => shown[slot] === null), ...keyNames],
    left: side(left, (slot) => slot.left),
    right: side(right, (slot) => slot.right),
  };
  const owned = (raw: Raw) => raw.units.some(({ nullable, unowned }) => !nullable && !unowned);
  const units = slots.map((slot, position): UnitColumn => {
    const partial = slot.left === undefined || slot.right === undefined;
    return {
      id: names[position]!.id,
      type: slot.type,
      unit: (slot.left ?? slot.right)!.unit,
      nullable: partial || slot.left.nullable || slot.right.nullable,
      unowned:
        (slot.left === undefined ? !owned(left) : slot.left.unowned) ||
        (slot.right === undefined ? !owned(right) : slot.right.unowned),
      rowsMax: null,
      rowsDeclared: null,
      others: NO_CHANGES,
    };
  });
  return {
    ...asRaw(rel),
    conditions: neverMet(operation, left, right),
    open: openOf(operation, left, right),
    written: writtenOf(operation, left, right),
    coarse: coarseOf(operation, left, right),
    units,
    spread: [...left.spread, ...right.spread],
    rowKeys: keys.map((key, position) => ({ ...key, id: keyNames[position]!.id })),
    leaves: new Map([...left.leaves, ...right.leaves]),
    blocked: left.blocked ?? right.blocked ?? groupedApart([left, right]),
  };
}

/** Where rows of one unit were grouped apart, a union cannot say by what. */
function groupedApart(sides: readonly Raw[]): Raw['blocked'] {
  const [first] = sides.flatMap(({ apart }) => apart);
  if (first === undefined) return null;
  const construct = 'rows of one unit grouped apart by an expression';
  return { construct, accepted: 'a stored column as the further key', at: first.at };
}

/** WHY never: sides decide differently, and no one condition speaks for both; such values stay hidden. */
function neverMet(operation: SetOperation, left: Raw, right: Raw): Raw['conditions'] {
  const never: Condition = { holds: literal(false, BOOLEAN), fails: literal(false, BOOLEAN) };
  const sides = [left, right].map((side) => ({ side, columns: columnsOf(side.rel) }));
  const decided = operation.columns.filter((_, position) =>
    sides.some(({ side, columns }) => (side.conditions.get(columns[position]!.id) ?? []).length > 0),
  );
  return new Map(decided.map(({ id }) => [id, [never]]));
}

function openOf(operation: SetOperation, left: Raw, right: Raw): Raw['open'] {
  const found = columnsWhere(operation, [left, right], (side, root) => side.open.get(root) === 'repeated');
  return new Map(found.map((id) => [id, 'repeated']));
}

function writtenOf(operation: SetOperation, left: Raw, right: Raw): Raw['written'] {
  return new Set(columnsWhere(operation, [left, right], (side, root) => side.written.has(root)));
}

function coarseOf(operation: SetOperation, left: Raw, right: Raw): Raw['coarse'] {
  const found = operation.columns.flatMap(({ id }, position) => {
    const sides = [left, right].map((side) => side.coarse.get(rootOf(side.alias, columnsOf(side.rel)[position]!.id)));
    const coarse = sides.find((one) => one !== undefined);
    return coarse === undefined ? [] : [[id, coarse] as const];
  });
  return new Map(found);
}

function columnsWhere(
  operation: SetOperation,
  sides: readonly Raw[],
  holds: (side: Raw, root: ColumnId) => boolean,
): readonly ColumnId[] {
  const found = operation.columns.filter((_, position) =>
    sides.some((side) => holds(side, rootOf(side.alias, columnsOf(side.rel)[position]!.id))),
  );
  return found.map(({ id }) => id);
}

interface Slot {
  readonly type: UnitColumn['type'];
  readonly left?: UnitColumn;
  readonly right?: UnitColumn;
}
/** Pairs up columns that name the same kind of unit in the same key space, so that one unit is counted once. */
function unitSlots(left: Raw, right: Raw): readonly Slot[] {
  const free = [...right.units];
  const slots: Slot[] = left.units.map((unit) => {
    const index = free.findIndex((other) => other.unit === unit.unit && sameKeySpace(other.type, unit.type));
    const [partner] = index < 0 ? [] : free.splice(index, 1);
    return partner === undefined ? { type: unit.type, left: unit } : { type: unit.type, left: unit, right: partner };
  });
  return [...slots, ...free.map((unit): Slot => ({ type: unit.type, right: unit }))];
}

/** The column of the union that names a unit of both sides: grouped by it, rows are grouped by unit. */
function columnNaming({ left: own, right: theirs }: Slot, operation: SetOperation, left: Raw, right: Raw) {
  if (own === undefined || theirs === undefined) return null;
  const names = (side: Raw, unit: UnitColumn, position: number) =>
    rootOf(side.alias, columnsOf(side.rel)[position]!.id) === rootOf(side.alias, unit.id);
  const named = operation.columns.find((_, position) => names(left, own, position) && names(right, theirs, position));
  return named?.id ?? null;
}

function sameKeySpace(a: UnitColumn['type'], b: UnitColumn['type']): boolean {
  return a.kind === b.kind && (a.kind !== 'token' || b.kind !== 'token' || a.domain === b.domain);
}
