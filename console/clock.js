/** The time. In a local run it is the simulated one, which moves ahead of the browser's. */

let ahead = 0;

/** Milliseconds since the epoch. */
export const now = () => Date.now() + ahead;

/** Set the time, in seconds since the epoch. */
export function setClock(seconds) {
  ahead = seconds * 1000 - Date.now();
}

/** Today in WIB, such as 2024-09-17. */
export const today = () => new Date(now() + 7 * 3_600_000).toISOString().slice(0, 10);
