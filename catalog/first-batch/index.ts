/** The first batch of the city: what its 15 entries declare, and a synthetic city that fills them. */

export { generateTable, tableRows } from './generate-table.ts';
export { seedOrganisations } from './organisations.ts';
export type { ExpectedAnswer, SampleQuestion } from './plans.ts';
export { sampleQuestions, seedPlans } from './plans.ts';
export type { FirstBatchResource, UpdateFrequency } from './resources.ts';
export { firstBatch } from './resources.ts';
export type { FirstBatchTable } from './tables.ts';
export { FIRST_BATCH_TABLES } from './tables.ts';
