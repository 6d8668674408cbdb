import { suspendingTables } from '../entries/plan-reviews.ts';
import type { Find } from './standing.ts';

/** 02: the entries of the plan's tables are those that its reviewers judged. */
export const findReviewed: Find = (db, { plan }) => {
  const tables = suspendingTables(db, plan);
  const evidence = plan.tables.map(({ resource }) => `${resource}@${plan.basis?.[resource] ?? 0}`);
  if (tables.length === 0) return { isMet: true, missing: null, evidence };
  const names = tables.join(', ');
  const missing = {
    en: `columns, levels or terms changed since the plan was reviewed: ${names}`,
    zh: `方案评审之后，数据项、级别或使用条件已变更：${names}`,
  };
  return { isMet: false, missing, evidence };
};
