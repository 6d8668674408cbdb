/** The city's plans, end to end, each with what it must refuse. */
import { S1 } from './s1.ts';
import { S2 } from './s2.ts';
import { S3 } from './s3.ts';
import { S4 } from './s4.ts';
import type { Scenario } from './stage.ts';

export { openStage } from './open-stage.ts';
export type { Finding, Scenario } from './stage.ts';
export const SCENARIOS: readonly Scenario[] = [S1, S2, S3, S4];
