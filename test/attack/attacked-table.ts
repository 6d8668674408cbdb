import type { Cell } from '../../policies/table-data.ts';

/**
 * `p(id, name, dept, zip, age, salary, note, ended …)` with one target among sixty people, and `pub(r)`, a hundred public rows.
 * Worlds are neighbours: they differ in the target's row alone. No attack's text contains a canary.
 */

/** Values that stand in the secret world once, in the target's row, and may never leave in any form. */
export const CANARIES = {
  id: 'person-zq7-canary',
  name: 'zq7-canary-name',
  salary: '8731946',
  note: 'zq7-canary-note',
} as const;

/** `secret`: the target earns more than 8,000,000 and has the note. `ordinary`: neither. `absent`: there is no target. */
export const WORLDS = ['secret', 'ordinary', 'absent'] as const;
export type World = (typeof WORLDS)[number];

export const PEOPLE = 60;
const TARGET = 7;
const title = (name: string) => ({ zh: name, en: name });
const column = (name: string, type: string, more: object) => ({
  name,
  title: title(name),
  type,
  level: 'general-2',
  ...more,
});

export const P_SCHEMA = {
  table: 'p',
  level: 'general-2',
  columns: [
    column('id', 'text', { role: 'identifier', unit: 'person', nullable: false }),
    column('name', 'text', { role: 'identifier' }),
    column('dept', 'text', { role: 'dimension', level: 'general-1', values: ['a', 'b', 'c'], nullable: false }),
    column('zip', 'text', { role: 'quasi-identifier' }),
    column('age', 'integer', { role: 'quasi-identifier' }),
    column('salary', 'integer', { role: 'measure' }),
    column('note', 'text', { role: 'attribute' }),
    column('ended', 'date', { role: 'attribute' }),
    column('debt', 'integer', { role: 'measure', level: 'core' }),
    column('illness', 'text', { role: 'sensitive', level: 'core' }),
    column('address', 'text', { role: 'attribute', level: 'core' }),
  ],
};
/** The same people at level general-3, under another name: what is asked of them needs mode `perturbed`. */
export const perturbedSchema = (table: string) => ({
  ...P_SCHEMA,
  table,
  level: 'general-3',
  columns: P_SCHEMA.columns.map((one) => (one.level === 'general-2' ? { ...one, level: 'general-3' } : one)),
});
export const PUB_SCHEMA = {
  table: 'pub',
  level: 'general-1',
  columns: [column('r', 'integer', { role: 'attribute', level: 'general-1' })],
};

/** What the target's row says in a world; null where there is none. */
function target(world: World): readonly Cell[] | null {
  if (world === 'absent') return null;
  const secret = world === 'secret';
  const [salary, note] = secret ? [CANARIES.salary, CANARIES.note] : ['6731946', 'n1'];
  const ended = secret ? null : '2020-01-01';
  return [CANARIES.id, CANARIES.name, 'b', 'z3', 99n, BigInt(salary), note, ended, 5n, 'x', 'y'];
}

export function peopleOf(world: World): readonly (readonly Cell[])[] {
  const others = Array.from({ length: PEOPLE }, (_, i): readonly Cell[] => [
    `person-${i}`,
    `name-${i}`,
    i % 2 === 0 ? 'a' : 'b',
    `z${i % 3}`,
    BigInt(20 + (i % 30)),
    BigInt(5_000_000 + 37_013 * i),
    `n${i % 2}`,
    '2020-01-01',
    BigInt(i),
    'x',
    'y',
  ]);
  const rows = others.map((row, i) => (i === TARGET ? target(world) : row));
  return rows.filter((row) => row !== null);
}

export function csvOf(schema: { columns: readonly { name: string }[] }, rows: readonly (readonly Cell[])[]): string {
  const lines = rows.map((row) => row.map((cell) => (cell === null ? '' : String(cell))).join(','));
  return `${[schema.columns.map(({ name }) => name).join(','), ...lines].join('\n')}\n`;
}

export const PUBLIC_ROWS: readonly (readonly Cell[])[] = Array.from({ length: 100 }, (_, r) => [BigInt(r)]);
