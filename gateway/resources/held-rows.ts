/** Rows of a destroyed version that other versions share, and which, as its certificate says. */
export function heldRows({
  segments,
}: {
  readonly segments: readonly { readonly rows: number; readonly heldBy?: readonly number[] | undefined }[];
}): { readonly rows: number; readonly versions: readonly number[] } {
  const held = segments.filter(({ heldBy = [] }) => heldBy.length > 0);
  return {
    rows: held.reduce((sum, { rows }) => sum + rows, 0),
    versions: [...new Set(held.flatMap(({ heldBy = [] }) => heldBy))].sort((a, b) => a - b),
  };
}
