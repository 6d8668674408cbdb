/** Spans and metrics to a collector, without an SDK. */

export { startTelemetry, type TelemetryOptions } from './telemetry-export.ts';
