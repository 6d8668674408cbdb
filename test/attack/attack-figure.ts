/** What a run of an attack, of one query or of many, came to. One line of `npm run test:attack -- --json`. */
export interface AttackFigure {
  readonly id: string;
  readonly name: string;
  /** What `measured` is, in words. */
  readonly metric: string;
  readonly mode: string;
  /** False: the mode is not built, its columns are denied by its name, and nothing was measured. */
  readonly built: boolean;
  readonly measured: number | null;
  readonly bar: number;
  /** `most`: `measured` (its upper end) may not exceed the bar; `least`: not fall below it. */
  readonly side: 'most' | 'least';
  /** Upper end of the 95 % interval of `measured`, where it is a share, an advantage or an AUC. */
  readonly wilsonUpper: number | null;
  /** The same procedure with the protection off. */
  readonly control: number;
  readonly controlBar: number;
  readonly controlSucceeded: boolean;
  readonly within: boolean | null;
  /** Why it may be out of its bar; null: it may not. */
  readonly admitted: string | null;
  readonly seconds: number;
  readonly seed: number;
  readonly detail: Readonly<Record<string, unknown>>;
}
