import { campaignTasks } from './campaign-tasks.ts';
import { caseTasks, mutantTasks } from './case-tasks.ts';
import { readClosenessCases, readDpCases } from './cases.ts';
import type { Task } from './finding.ts';
import { MUTANTS } from './mutants.ts';
import { estimateTasks, selectionTasks } from './own-tasks.ts';
import { closenessTasks, shapeTasks } from './shape-tasks.ts';

/** All that `test:dp` does, in an order that is the same in every thread. */
export function allTasks(): readonly Task[] {
  const cases = readDpCases();
  return [
    ...estimateTasks(),
    ...selectionTasks(),
    ...campaignTasks(),
    ...shapeTasks(),
    ...mutantTasks(MUTANTS, cases),
    ...closenessTasks(readClosenessCases()),
    ...caseTasks(cases),
  ];
}
