/**
 * The narrow door of `catalog` for the thread that helps to check a log. WHY: through the wide one it would start with the whole catalogue and the
 * compiler, and half of its work would be over by then.
 */
export { type LeafReader, type LeafStretch, openLeafReader } from './audit-tiles.ts';
export { sha256 } from './canonical.ts';
