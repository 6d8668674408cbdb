import { playWhole } from './play-whole.ts';

/** Goal: S2 of the city's plan, end to end, with everything that it must refuse. Method and findings: `gateway/cli/scenarios/s2.ts`. */
playWhole('S2');
