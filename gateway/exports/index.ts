/** The log in the formats of other systems. */

export { type Cursor, type ExportReport, exportLog, fileCursor } from './export-log.ts';
export { FORMAT_LINE, type LineFormat, ocsfEvent, otlpLogs } from './formats.ts';
export { type HttpHeaders, postForSuccess, readHeaders } from './http-post.ts';
export { httpReceiver } from './http-receiver.ts';
export { parquetReceiver } from './parquet.ts';
export { type Receiver, ReceiverRefusal, type TlsFiles } from './receiver.ts';
export { datagramReceiver, fileReceiver, streamReceiver } from './receivers.ts';
export { type ExportRecord, recordOf } from './record.ts';
