import { workerData } from 'node:worker_threads';
import { checkTile, openPlace } from './check-tile.ts';
import { ASKED, END, NEXT, type SharedTiles, takeTile, tellTile } from './tile-checker.ts';

/** The thread that helps to check tiles: takes one after the other, and waits where it is too far ahead. */

const shared = workerData as SharedTiles;
const { control, place } = shared;
const source = openPlace(place);
const isLeft = () => Atomics.load(control, NEXT) < Atomics.load(control, END);

while (isLeft()) {
  const asked = Atomics.load(control, ASKED);
  const n = takeTile(shared);
  if (n !== null) tellTile(shared, n, checkTile(source, n));
  else if (isLeft()) Atomics.wait(control, ASKED, asked);
}
source.close();
