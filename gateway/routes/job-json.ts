import type { Job } from '#catalog';
import { type ResultJson, resultJson } from '../formats/result-json.ts';
import type { StoredResult } from '../formats/stored-result.ts';
import type { Language } from '../messages/language.ts';
import { type Problem, problemOfJob } from '../problem.ts';

/** A job as a list shows it. */
export interface JobSummaryJson {
  id: string;
  state: Job['state'];
  plan: string;
  org: string;
  submittedBy: string;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  mode: Job['mode'];
  problem: Problem | null;
  links: { self: string; events: string; result: string; receipt: string };
}
export interface JobJson extends JobSummaryJson {
  sql: string;
  result: ResultJson | null;
}

export function jobSummaryJson(job: Job, language: Language): JobSummaryJson {
  const self = `/v1/jobs/${job.id}`;
  return {
    id: job.id,
    state: job.state,
    plan: job.plan,
    org: job.org,
    submittedBy: job.sub,
    createdAt: job.createdAt,
    startedAt: job.startedAt,
    finishedAt: job.finishedAt,
    mode: job.mode,
    problem: job.problem === null ? null : problemOfJob(job.id, job.problem, language),
    links: { self, events: `${self}/events`, result: `${self}/result`, receipt: `${self}/receipt` },
  };
}

export function jobJson(job: Job, result: StoredResult | null, language: Language): JobJson {
  const isReady = result !== null && job.outcomeIndex !== null;
  return {
    ...jobSummaryJson(job, language),
    sql: job.sql,
    result: isReady ? resultJson(job.id, job.outcomeIndex, result) : null,
  };
}

export function isFinal(state: Job['state']): boolean {
  return state !== 'queued' && state !== 'running';
}
