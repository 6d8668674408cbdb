/**
 * A data interface (数据接口) about one consenting subject: what may be asked is registered and reviewed in advance, and an asker
 * chooses the subject and nothing else. Mode `verify` answers yes, no or unknown; mode `band` gives the band of a registered index.
 */
export const LOOKUP_MODES = ['verify', 'band'] as const;
export type LookupMode = (typeof LOOKUP_MODES)[number];

export interface LookupInterface {
  /** The register that a subject stands in. A subject that has no row there is unknown. */
  readonly subject: {
    readonly resource: string;
    /** The identifier that names the subject: a firm's `uscc`, a car's `vin`. */
    readonly key: string;
    /** Identifiers that the asker has to know besides, in this order: a car's plate. */
    readonly also: readonly string[];
    /** Identifiers of those who have to consent, each by a token of their own, in this order; may be the key itself. */
    readonly consentBy: readonly string[];
  };
  readonly features: readonly LookupFeature[];
  readonly answer: Verification | Scale;
  readonly limits: LookupLimits;
}

export const FEATURE_AGGREGATES = ['count', 'sum', 'avg', 'min', 'max'] as const;
export type FeatureAggregate = (typeof FEATURE_AGGREGATES)[number];

/** One number about the subject: an aggregate over its rows of one table. */
export interface LookupFeature {
  /** `R01`: what reasons name. */
  readonly code: string;
  readonly title: { readonly zh: string; readonly en: string };
  readonly resource: string;
  /** The identifier by which rows are the subject's: of the same domain as the subject's key. */
  readonly key: string;
  readonly aggregate: FeatureAggregate;
  /** Null of `count`: rows are counted. */
  readonly column: string | null;
  /** All of these hold for a row that counts. */
  readonly where: readonly LookupCondition[];
}

export const COMPARISONS = ['=', '<>', '<', '<=', '>', '>='] as const;
export type Comparison = (typeof COMPARISONS)[number];

export interface LookupCondition {
  readonly column: string;
  readonly op: Comparison;
  readonly value: LookupValue;
}
/** `daysBack` from today for dates; `monthsBack` from this month for months as text (`2026-03`). */
export type LookupValue = string | number | boolean | { readonly daysBack: number } | { readonly monthsBack: number };

/** Yes where every comparison holds, unknown where one of its features has no value. */
export interface Verification {
  readonly mode: 'verify';
  readonly holds: readonly { readonly feature: string; readonly op: Comparison; readonly value: number }[];
}

/** A scorecard: each feature's value gives points, their sum a band. */
export interface Scale {
  readonly mode: 'band';
  readonly points: readonly FeaturePoints[];
  /** From the best to the worst; the last has no lower end. */
  readonly bands: readonly { readonly label: string; readonly from: number | null }[];
  /** Most reason codes that an answer names: the features that cost most points. */
  readonly reasonsMax: number;
}
export interface FeaturePoints {
  readonly feature: string;
  /** Ascending: the points of the last step that is not above the value. The first has no lower end. */
  readonly steps: readonly { readonly from: number | null; readonly points: number }[];
  /** Of a feature without a value. */
  readonly none: number;
}

export interface LookupLimits {
  /** Most answers about one subject, of all askers together, in a calendar day or month of Asia/Shanghai. */
  readonly perSubject: { readonly times: number; readonly period: 'day' | 'month' };
  /** Most questions of one organisation a day, whatever becomes of them. */
  readonly perDay: number;
}
