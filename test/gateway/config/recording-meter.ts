import type { Meter, MeterProvider, Observable } from '@opentelemetry/api';

export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The smallest meter provider that shows what a real one would be given: each measurement, and the gauges when asked. */
export function recordingMeter(): {
  readonly provider: MeterProvider;
  readonly recorded: readonly Measurement[];
  /** Asks the gauges, as an SDK does at its interval. */
  collect(): readonly Measurement[];
} {
  const recorded: Measurement[] = [];
  const callbacks = new Set<Parameters<Meter['addBatchObservableCallback']>[0]>();
  const names = new Map<Observable, string>();
  const put =
    (name: string) =>
    (value: number, attributes: object = {}) =>
      void recorded.push({ name, value, attributes: { ...attributes } });
  const counter = (name: string) => ({ add: put(name) });
  const histogram = (name: string) => ({ record: put(name) });
  const observable = (name: string): Observable => {
    const made: Observable = { addCallback: () => undefined, removeCallback: () => undefined };
    names.set(made, name);
    return made;
  };
  const meter: Meter = {
    createCounter: counter,
    createUpDownCounter: counter,
    createHistogram: histogram,
    createGauge: histogram,
    createObservableGauge: observable,
    createObservableCounter: observable,
    createObservableUpDownCounter: observable,
    addBatchObservableCallback: (callback) => void callbacks.add(callback),
    removeBatchObservableCallback: (callback) => void callbacks.delete(callback),
  };
  return {
    provider: { getMeter: () => meter },
    recorded,
    collect() {
      const found: Measurement[] = [];
      const observe = (observed: Observable, value: number, attributes: object = {}) =>
        void found.push({ name: names.get(observed) ?? '?', value, attributes: { ...attributes } });
      for (const callback of callbacks) void callback({ observe });
      return found;
    },
  };
}
