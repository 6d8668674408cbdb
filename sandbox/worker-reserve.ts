/** Megabytes that a worker holds back, untouched, so that at its cap it can still say that memory ran out. */
export const RESERVE_MB = 32;

/** Takes the reserve; what comes back gives it up for good. V8 ends a process whose own heap cannot grow a little. */
export function holdReserve(): () => void {
  let held = new ArrayBuffer(RESERVE_MB * 2 ** 20);
  return () => {
    if (!held.detached) held = held.transfer(0);
  };
}
