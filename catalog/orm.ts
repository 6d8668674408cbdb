import { createRequire } from 'node:module';

/**
 * Drizzle, in its CommonJS build. WHY: for each import within a package's ES modules Node reads its package.json anew, and Drizzle's has 180 KB:
 * more than half a second of processor time at the start of the gateway, of its threads and of every command; 0.1 s like this.
 */
const require = createRequire(import.meta.url);
const orm = require('drizzle-orm') as typeof import('drizzle-orm');
const sqlite = require('drizzle-orm/sqlite-core') as typeof import('drizzle-orm/sqlite-core');

export const {
  and,
  asc,
  count,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  is,
  isNotNull,
  isNull,
  lt,
  lte,
  max,
  ne,
  or,
  sql,
} = orm;
export const { blob, getTableConfig, integer, primaryKey, real, SQLiteTable, sqliteTable, text } = sqlite;
export const { drizzle } = require('drizzle-orm/better-sqlite3') as typeof import('drizzle-orm/better-sqlite3');

export type { SQL } from 'drizzle-orm';
export type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
export type SQLiteTable = import('drizzle-orm/sqlite-core').SQLiteTable;
