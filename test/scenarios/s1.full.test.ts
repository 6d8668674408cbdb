import { playWhole } from './play-whole.ts';

/** Goal: S1 of the city's plan, end to end, with everything that it must refuse. Method and findings: `gateway/cli/scenarios/s1.ts`. */
playWhole('S1');
