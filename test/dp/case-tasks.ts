import type { DpCase } from './cases.ts';
import { compose } from './compositions.ts';
import { type Design, OWN } from './design.ts';
import type { Finding, Laboratory, Task } from './finding.ts';
import { Ballot, castVotes, streamsKey, type Trial } from './vote.ts';

/** One task for all cases that need the same noise. */
export function caseTasks(cases: readonly DpCase[]): readonly Task[] {
  const groups = Map.groupBy(cases, (one) => `${one.aggregate} ${streamsKey(one, compose(one, OWN))}`);
  return [...groups.values()].map((group) => ({
    name: `${group[0]!.aggregate}: ${group.map(({ name }) => name).join('; ')}`,
    run: (laboratory) => decide(group, OWN, laboratory).map((trial) => caseFinding(trial)),
  }));
}

/** A design that is wrong in one point, and a case in which that must be noticed. */
export interface Mutant {
  readonly name: string;
  readonly design: Design;
  readonly against: Pick<DpCase, 'aggregate' | 'name'>;
}

export function mutantTasks(mutants: readonly Mutant[], cases: readonly DpCase[]): readonly Task[] {
  return mutants.map(({ name, design, against }) => {
    const one = cases.find((candidate) => candidate.aggregate === against.aggregate && candidate.name === against.name);
    if (one === undefined) throw new Error(`no case ${against.aggregate}: ${against.name}`);
    return {
      name: `mutant ${name}, ${against.aggregate}`,
      run: (laboratory) =>
        decide([one], design, laboratory).map(({ ballot: { accepted, rejected, verdict } }) => ({
          check: 'mutant',
          subject: `${against.aggregate}: ${against.name}`,
          name,
          holds: verdict === false,
          detail: { accepted, rejected },
        })),
    };
  });
}

function decide(cases: readonly DpCase[], design: Design, { pool, votes }: Laboratory): readonly Trial[] {
  const trials = cases.map((one) => ({
    one,
    composition: compose(one, design),
    ballot: new Ballot(votes ?? one.votes),
  }));
  for (
    let open: readonly Trial[] = trials;
    open.length > 0;
    open = trials.filter(({ ballot }) => ballot.verdict === null)
  )
    castVotes(open, pool);
  return trials;
}

function caseFinding({ one, ballot: { accepted, rejected, verdict } }: Trial): Finding {
  return {
    check: 'case',
    subject: one.aggregate,
    name: one.name,
    holds: verdict === true,
    detail: { accepted, rejected, samples: one.samples, ...(one.shortened > 0 ? { shortened: one.shortened } : {}) },
  };
}
