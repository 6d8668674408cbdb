import type { Suppressed } from '../release/released-result.ts';
import type { SourceCell } from './source-table.ts';

/** What is delivered of a product: made by the gateway of what was released, frozen when it is filed, held until it is published. */
export type ProductMaterial = MaterialTable | MaterialModel | MaterialReport;

export interface MaterialTable {
  readonly kind: 'table';
  readonly columns: readonly {
    readonly name: string;
    readonly title: { readonly zh: string; readonly en: string };
    readonly isNumber: boolean;
  }[];
  readonly rows: readonly (readonly SourceCell[])[];
  readonly suppressed: Suppressed;
}

/** `target` = intercept + Σ value · term, over groups. */
export interface MaterialModel {
  readonly kind: 'model';
  readonly target: string;
  readonly intercept: number;
  readonly coefficients: readonly { readonly term: string; readonly value: number }[];
  /** Share of the weighted variance that it explains, two places. */
  readonly rSquared: number;
  /** Groups that it was fitted to, those left out since something of them is hidden or too few units stand behind them, and units in all. */
  readonly groups: number;
  readonly groupsLeftOut: number;
  readonly units: number;
}

export interface MaterialReport {
  readonly kind: 'report';
  readonly text: { readonly zh: string; readonly en: string };
  /** Each number of the text as it stands there. */
  readonly numbers: readonly { readonly name: string; readonly text: string }[];
}
