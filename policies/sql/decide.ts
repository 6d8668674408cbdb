import type { Level, Mode } from '../levels.ts';
import type { SqlType } from './sql-type.ts';

/** Why a mode was chosen: a catalogue column (or a whole table, `table.*`) and its level. */
export interface Because {
  readonly column: string;
  readonly level: Level;
}

/** One column of the answer with the mode that its own sources demand. */
export interface OutputLabel {
  readonly name: string;
  readonly type: SqlType;
  readonly mode: Mode;
  readonly because: readonly Because[];
}

/** Stage `decide`: the strictest mode over everything that influences the result. */
export interface Decision {
  readonly kind: 'decision';
  readonly mode: Mode;
  readonly because: readonly Because[];
  readonly outputs: readonly OutputLabel[];
  readonly profileVersion: string;
  /** Fewest distinct units a cell may stand for, health and plan considered. */
  readonly unitsMin: number;
}
