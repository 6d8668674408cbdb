import type { Functional } from '../../custody/functional.ts';
import type { CipherScheme } from '../../encrypted-columns.ts';
import type { OutputColumn, Rel } from '../plan.ts';
import type { NoisyTerm, PrivateLayout, PrivateTerm } from './private-layout.ts';

/** Groups of rows with encrypted columns: a custodian opens their sums and adds the noise. Numbers in a layout are column indexes. */
export interface SealedBoundary {
  readonly kind: 'sealed';
  /** One row a group: keys, sets of rows, encrypted sums, and sums of plain columns. */
  readonly cells: Rel;
  readonly released: readonly OutputColumn[];
  readonly layout: SealedLayout;
}

export interface SealedLayout extends Omit<PrivateLayout, 'terms' | 'trees' | 'choices'> {
  readonly table: SealedTable;
  /** The sets of rows of a group: all of them, and those that a FILTER leaves. */
  readonly parts: readonly SealedPart[];
  readonly terms: readonly SealedTerm[];
  readonly trees: readonly [];
  readonly choices: readonly [];
  /** Fewest units of every kind behind an opened number. */
  readonly unitsMin: number;
}

/** Whose encryption it is, and what is said of it: the custodian holds it against what the provider signed. */
export interface SealedTable {
  readonly resource: string;
  readonly version: string;
  readonly sealedRows: number;
  /** Where the sums of ciphertext come from: `words` are added up by the engine, group by group; `blocks` after it, set of rows by set of rows. */
  readonly storage: 'words' | 'blocks';
  readonly columns: readonly {
    readonly name: string;
    readonly scheme: CipherScheme;
    readonly scale: number;
    readonly min: string;
    readonly max: string;
  }[];
  /** How much of one unit the sets hold at most, for every column of the table that names units. */
  readonly share: readonly { readonly unit: string; readonly groupsMax: number | null; readonly rowsMax: number }[];
}

export interface SealedPart {
  /** Columns: the bitmap of row indices, base64, and the number of rows: they differ where a join repeats rows. */
  readonly rows: number;
  readonly count: number;
  readonly sums: readonly SealedSum[];
}
export interface SealedSum {
  readonly column: string;
  readonly of: 'value' | 'square';
  /** Columns of the sums of its 64-bit words, the low one first; none where blocks are summed. */
  readonly words: readonly number[];
  /** The stored columns that its blocks lie in; none where words are summed. */
  readonly blocks: readonly string[];
}

/** Opened by the custodian, or, over plain columns, a sum that this side adds noise to. */
export type SealedTerm = OpenedTerm | (PrivateTerm & { readonly kind: 'plain' });
export interface OpenedTerm extends NoisyTerm {
  readonly kind: 'opened';
  readonly part: number;
  readonly functional: Functional;
}
