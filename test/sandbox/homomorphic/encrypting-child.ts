import { encryptTable } from '../../../sandbox/homomorphic/encrypting/encrypt-table.ts';
import { encryptingOf } from './encrypting-fixture.ts';

/** Encrypts `argv[2]` to `argv[3]`; says how many rows are done, until it is killed. */
const work = await encryptingOf(process.argv[2]!, process.argv[3]!);
await encryptTable({ ...work, onProgress: ({ rows }) => process.stdout.write(`${rows}\n`) });
