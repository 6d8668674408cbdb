import { readFileSync } from 'node:fs';

/** A process and all below it: a worker is the child of what builds its isolation. */
export function familyOf(pid: number | null): readonly number[] {
  if (pid === null) return [];
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return [pid, ...children.flatMap((child) => familyOf(Number(child)))];
}
