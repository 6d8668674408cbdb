import type {
  Attributes,
  BatchObservableCallback,
  Meter,
  MeterProvider,
  MetricOptions,
  Observable,
  ObservableCallback,
} from '@opentelemetry/api';

/** What an instrument has measured, by attributes: cumulative since the start, but for gauges. */
export interface Measured {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly kind: 'sum' | 'gauge' | 'histogram';
  /** Of a sum: it never falls. */
  readonly isMonotonic: boolean;
  readonly points: readonly MeasuredPoint[];
}
export interface MeasuredPoint {
  readonly attributes: Attributes;
  /** Of a sum or a gauge. */
  readonly value: number;
  /** Of a histogram. */
  readonly histogram: Histogram | null;
}
export interface Histogram {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** Of the specification of metrics (Explicit Bucket Histogram Aggregation). */
const BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000];

interface Instrument {
  readonly name: string;
  readonly options: MetricOptions;
  readonly kind: Measured['kind'];
  readonly isMonotonic: boolean;
  readonly points: Map<string, MeasuredPoint>;
}

/** The provider, and what it has measured. */
export function measurementRecorder(): { readonly provider: MeterProvider; collect(): Promise<readonly Measured[]> } {
  const instruments = new Map<string, Instrument>();
  const batches = new Map<BatchObservableCallback, readonly Observable[]>();

  // WHY by name: whoever asks for an instrument again adds to the one that is there.
  function instrument(
    name: string,
    options: MetricOptions = {},
    kind: Measured['kind'],
    isMonotonic = false,
  ): Instrument {
    const found = instruments.get(name) ?? { name, options, kind, isMonotonic, points: new Map() };
    instruments.set(name, found);
    return found;
  }
  const counter = (isMonotonic: boolean) => (name: string, options?: MetricOptions) => {
    const { points } = instrument(name, options, 'sum', isMonotonic);
    return {
      add(value: number, attributes: Attributes = {}) {
        const key = keyOf(attributes);
        points.set(key, { attributes, value: (points.get(key)?.value ?? 0) + value, histogram: null });
      },
    };
  };
  const observables = new Map<Observable, Instrument>();
  const observable = (name: string, options?: MetricOptions): Observable => {
    const made: Observable = {
      addCallback: (callback: ObservableCallback) => void batches.set(single(callback, made), [made]),
      removeCallback: () => undefined,
    };
    observables.set(made, instrument(name, options, 'gauge'));
    return made;
  };
  const meter: Meter = {
    createCounter: counter(true),
    createUpDownCounter: counter(false),
    createGauge: (name, options) => {
      const { points } = instrument(name, options, 'gauge');
      return {
        record(value: number, attributes: Attributes = {}) {
          points.set(keyOf(attributes), { attributes, value, histogram: null });
        },
      };
    },
    createHistogram: (name, options) => {
      const { points } = instrument(name, options, 'histogram');
      const bounds = options?.advice?.explicitBucketBoundaries ?? BOUNDS;
      return {
        record(value: number, attributes: Attributes = {}) {
          const key = keyOf(attributes);
          const histogram = grown(points.get(key)?.histogram ?? null, bounds, value);
          points.set(key, { attributes, value: 0, histogram });
        },
      };
    },
    createObservableGauge: observable,
    createObservableCounter: observable,
    createObservableUpDownCounter: observable,
    addBatchObservableCallback: (callback, meant) => void batches.set(callback, meant),
    removeBatchObservableCallback: (callback) => void batches.delete(callback),
  };

  async function collect(): Promise<readonly Measured[]> {
    for (const [callback, meant] of batches) {
      for (const one of meant) observables.get(one)?.points.clear();
      await callback({
        observe: (one, value, attributes = {}) =>
          void observables.get(one)?.points.set(keyOf(attributes), { attributes, value, histogram: null }),
      });
    }
    return [...instruments.values()].map(({ options, points, ...one }) => ({
      ...one,
      description: options.description ?? '',
      unit: options.unit ?? '',
      points: [...points.values()],
    }));
  }
  return { provider: { getMeter: () => meter }, collect };
}

const single =
  (callback: ObservableCallback, about: Observable): BatchObservableCallback =>
  (result) =>
    callback({ observe: (value, attributes) => result.observe(about, value, attributes) });

const keyOf = (attributes: Attributes): string => JSON.stringify(Object.entries(attributes).toSorted());

function grown(before: Histogram | null, bounds: readonly number[], value: number): Histogram {
  const counts = [...(before?.counts ?? Array.from({ length: bounds.length + 1 }, () => 0))];
  const at = bounds.findIndex((bound) => value <= bound);
  const bucket = at === -1 ? bounds.length : at;
  counts[bucket] = (counts[bucket] ?? 0) + 1;
  return { bounds, counts, sum: (before?.sum ?? 0) + value, count: (before?.count ?? 0) + 1 };
}
