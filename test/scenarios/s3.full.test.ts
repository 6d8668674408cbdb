import { playWhole } from './play-whole.ts';

/** Goal: S3 of the city's plan, end to end, with everything that it must refuse. Method and findings: `gateway/cli/scenarios/s3.ts`. */
playWhole('S3');
