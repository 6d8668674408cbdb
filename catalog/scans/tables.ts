import { IDENTIFIER_KINDS, LEVELS } from '#policies';
import { primaryKey, real, sqliteTable, text } from '../orm.ts';

/** What uploads were refused for, and what became of that. */

export const scanFindings = sqliteTable(
  'scan_findings',
  {
    resource: text('resource').notNull(),
    columnName: text('column_name').notNull(),
    kind: text('kind', { enum: IDENTIFIER_KINDS }).notNull(),
    schemaHash: text('schema_hash').notNull(),
    share: real('share').notNull(),
    levelMin: text('level_min', { enum: LEVELS }).notNull(),
    foundAt: text('found_at').notNull(),
    state: text('state', { enum: ['blocked', 'disputed', 'confirmed', 'refused'] }).notNull(),
    reason: text('reason'),
    disputedBy: text('disputed_by'),
    disputedAt: text('disputed_at'),
    decidedBy: text('decided_by'),
    decidedAt: text('decided_at'),
    comment: text('comment'),
  },
  (table) => [primaryKey({ columns: [table.resource, table.columnName, table.kind] })],
);
