import { playWhole } from './play-whole.ts';

/** Goal: S4 of the city's plan, end to end, with everything that it must refuse. Method and findings: `gateway/cli/scenarios/s4.ts`. */
playWhole('S4');
