import type Database from 'better-sqlite3';
import type { SealedTable } from './sealed-tables.ts';

const CHANGES = ['INSERT', 'UPDATE', 'DELETE'];

export interface CatalogueWatch {
  /** Whether there was a change since the last `take`. */
  isChanged(): boolean;
  /** The same, and begins anew. */
  take(): boolean;
}

/**
 * Sees every change of sealed tables that goes through a connection. WHY triggers and not calls of the functions that
 * write: what is remembered of the catalogue must not outlive a change that someone forgot to tell of.
 *
 * A change that was rolled back counts too.
 */
export function watchCatalogue(client: Database.Database, tables: readonly SealedTable[]): CatalogueWatch {
  let isChanged = false;
  client.function('catalogue_changed', () => {
    isChanged = true;
    return null;
  });
  for (const table of tables) {
    for (const change of CHANGES) {
      client.exec(
        `CREATE TEMP TRIGGER ${table}_${change} AFTER ${change} ON main.${table} BEGIN SELECT catalogue_changed(); END`,
      );
    }
  }
  return {
    isChanged: () => isChanged,
    take() {
      const wasChanged = isChanged;
      isChanged = false;
      return wasChanged;
    },
  };
}
