/** The log in the formats of other systems. */

export { type Cursor, exportLog, fileCursor } from './export-log.ts';
export { FORMAT_LINE, type LineFormat, ocsfEvent, otlpLogs } from './formats.ts';
export { parquetReceiver } from './parquet.ts';
export { datagramReceiver, fileReceiver, httpReceiver, type Receiver, streamReceiver } from './receivers.ts';
export { type ExportRecord, recordOf } from './record.ts';
