import { z } from 'zod';
import type { ResourceVersion } from '#catalog';
import type { StoredPrints } from '#policies';

/** What a version stores beside its columns, as ingest reported. A version that was uploaded before there was any has none. */
export interface StoredBeside {
  /** Names (policies/stored-twins.ts). */
  readonly twins: readonly string[];
  readonly prints: StoredPrints | null;
}

export function storedBeside({ report }: Pick<ResourceVersion, 'report'>): StoredBeside {
  return { twins: TWINS.safeParse(report).data?.twins ?? [], prints: PRINTS.safeParse(report).data?.prints ?? null };
}

const TWINS = z.object({ twins: z.array(z.string()) });
const names = z.array(z.string());
const PRINTS = z.object({ prints: z.object({ units: names, columns: names, sums: names }).nullable() });
