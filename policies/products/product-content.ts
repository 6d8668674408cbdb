import type { LookupInterface, Scale } from '../lookups/lookup-interface.ts';

/** The five forms of a data product (annex 1): 数据集、数据接口、数据模型、数据报告、评价指数. */
export const PRODUCT_FORMS = ['dataset', 'interface', 'model', 'report', 'index'] as const;
export type ProductForm = (typeof PRODUCT_FORMS)[number];

/** What a product is, by its form: all of it is reviewed, and nothing else is released. */
export type ProductContent = InterfaceContent | DerivedContent;
export type InterfaceContent = { readonly form: 'interface' } & LookupInterface;

/** A product that the gateway makes of what was released before, with what it was made of. */
export type DerivedContent = DerivedSpec & {
  /** In the order in which the specification numbers them. */
  readonly sources: readonly ProductSource[];
  /** SHA-256 of the material, hex: whoever reviews the content reviews it. */
  readonly madeSha256: string;
};

/** What a maker files; no number of the product is among it. */
export type DerivedSpec = DatasetSpec | ModelSpec | ReportSpec | IndexSpec;
export type DerivedForm = DerivedSpec['form'];

/** What a product is made of, pinned: an answer that was released to the maker, or a delivered version of a product. */
export type ProductSource =
  | {
      readonly kind: 'answer';
      readonly job: string;
      readonly sha256: string;
      readonly tables: readonly { readonly resource: string; readonly version: number }[];
    }
  | { readonly kind: 'product'; readonly id: string; readonly version: number; readonly hash: string };

interface Titled {
  readonly zh: string;
  readonly en: string;
}

/** 数据集: rows of one source. */
export interface DatasetSpec {
  readonly form: 'dataset';
  readonly columns: readonly { readonly name: string; readonly title: Titled }[];
  /** Columns that tell rows apart. */
  readonly keys: readonly string[];
}

/** 数据模型: a linear model of groups, each weighted by the units that it stands for. */
export interface ModelSpec {
  readonly form: 'model';
  readonly target: string;
  readonly features: readonly string[];
  /** The column with the number of units behind a row. */
  readonly support: string;
}

/** 数据报告: text with `{{name}}` wherever a number stands. */
export interface ReportSpec {
  readonly form: 'report';
  readonly text: Titled;
  readonly numbers: readonly TracedNumber[];
  /** Phrases with a number that is no finding: a year, a clause. The reviewer sees each with its reason. */
  readonly said: readonly { readonly text: string; readonly why: string }[];
}

/** `percent`: 100 times the first over the second. `sum` takes any number of cells, `value` one, the others two. */
export const NUMBER_OPERATIONS = ['value', 'sum', 'difference', 'ratio', 'percent'] as const;
export interface TracedNumber {
  readonly name: string;
  readonly of: (typeof NUMBER_OPERATIONS)[number];
  readonly cells: readonly CellPlace[];
  /** Places after the point. */
  readonly decimals: number;
}
export interface CellPlace {
  readonly source: number;
  readonly column: string;
  /** What the row's cells have to be, as text; exactly one row has them. */
  readonly where: Readonly<Record<string, string>>;
}

/** 评价指数: points of features, their sum in registered bands. The sum itself is nowhere. */
export interface IndexSpec {
  readonly form: 'index';
  /** Columns that every source has: what is rated. */
  readonly keys: readonly string[];
  readonly features: readonly {
    readonly code: string;
    readonly title: Titled;
    readonly source: number;
    readonly column: string;
  }[];
  readonly scale: Scale;
}

export function isInterface(content: ProductContent): content is InterfaceContent {
  return content.form === 'interface';
}

/** The resources that an interface reads itself. */
export function resourcesOfInterface({ subject, features }: LookupInterface): ReadonlySet<string> {
  return new Set([subject.resource, ...features.map(({ resource }) => resource)]);
}
