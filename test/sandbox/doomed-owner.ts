import { asEmitted, openFixture, PEOPLE } from './sandbox-fixture.ts';

/** A gateway that will be killed: one worker computes for ever, another waits. Says so, and how to clean up after it. */
const fixture = await openFixture();
const sandbox = await fixture.open();
const job = { id: 'job', analyst: 'a', tables: [PEOPLE], deadlineMs: 600_000 };
const endless =
  'SELECT count(*) FROM range(100000) a(i), range(100000) b(j), range(100000) c(k) WHERE i * j % 7 = k % 3';
void sandbox.run(job, (session) => session.query(asEmitted(endless)));
setTimeout(() => process.send?.({ runDir: fixture.runDir }), 1_000);
