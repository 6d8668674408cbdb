import type { Db } from '../db.ts';
import { findResource } from '../resources.ts';

/** Whether a table stands on the list of authorised operation (授权运营目录): only what does can be granted, and used. */
export function isGrantable(db: Db, resource: string): boolean {
  return findResource(db, resource)?.state === 'listed';
}
