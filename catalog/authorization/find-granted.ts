import type { Find } from './standing.ts';

/** How many things that no grant covers a refusal names. */
const MISSING_NAMED_MAX = 20;

/** 06: at least a part of the plan lies within grants in force; the rest does not exist for its jobs. */
export const findGranted: Find = (_db, { plan, coverage }) => {
  const named = coverage.tables.flatMap(({ grants }) => grants).sort();
  const evidence = named.filter((id, at) => id !== named[at - 1]);
  if (evidence.length > 0) return { isMet: true, missing: null, evidence };
  if (plan.operator === null) return { isMet: false, missing: NO_OPERATOR, evidence };
  const names = coverage.missing.slice(0, MISSING_NAMED_MAX).join(', ');
  const missing = {
    en: `no grant to ${plan.operator} that bureau and provider signed covers today, for this class of purpose: ${names}`,
    zh: `没有经数据局和提供单位双方签署、今日有效且用途相符的授权（运营机构 ${plan.operator}）覆盖：${names}`,
  };
  return { isMet: false, missing, evidence };
};

const NO_OPERATOR = { en: 'the plan names no operator', zh: '方案未指明运营机构' };
