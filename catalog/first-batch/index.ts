/** The first batch of the city: what its 15 entries declare, and a synthetic city that fills them. */

export { generateTable, tableRows } from './generate-table.ts';
export { seedOrganisations } from './organisations.ts';
export type { Expected, SampleQuestion } from './plans.ts';
export { sampleQuestions, seedPlans } from './plans.ts';
export { DATA_MONTHS, DIVISION_CODES, INDUSTRY_CODES } from './public-lists.ts';
export type { FirstBatchResource, UpdateFrequency } from './resources.ts';
export { firstBatch } from './resources.ts';
export type { FirstBatchTable } from './tables.ts';
export { FIRST_BATCH_TABLES } from './tables.ts';
