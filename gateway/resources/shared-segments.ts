import * as z from 'zod';
import { type Db, pendingDestructions, type ResourceVersion, requireVersion, versionsWithData } from '#catalog';

/** A stored file of a version, as its upload reported it. */
const Segment = z.looseObject({ name: z.string(), bytes: z.int(), rows: z.int(), sha256: z.string() });
const Segments = z.looseObject({ segments: z.array(Segment) });

export interface StoredSegment {
  readonly name: string;
  readonly bytes: number;
  readonly rows: number;
  readonly sha256: string;
  /** Other versions of the table that hold the same file, and whose data is not certified to be gone. */
  readonly heldBy: readonly number[];
}

/** What a version has stored, and who else has it: versions that grew from one another share files (sandbox/vault/version-writer.ts). */
export function storedSegments(db: Db, version: ResourceVersion): readonly StoredSegment[] {
  const others = othersWithData(db, version);
  return segmentsOf(version).map(({ name, bytes, rows, sha256 }) => {
    const holders = others.filter((other) => segmentsOf(other).some((one) => one.sha256 === sha256));
    return { name, bytes, rows, sha256, heldBy: holders.map((other) => other.version) };
  });
}

function othersWithData(db: Db, { resource, version }: ResourceVersion): readonly ResourceVersion[] {
  const pending = pendingDestructions(db).filter((one) => one.resource === resource);
  const ending = pending.map((one) => requireVersion(db, resource, one.version));
  return [...versionsWithData(db, resource), ...ending].filter((other) => other.version !== version);
}

function segmentsOf({ report }: ResourceVersion): readonly z.output<typeof Segment>[] {
  const parsed = Segments.safeParse(report);
  return parsed.success ? parsed.data.segments : [];
}
