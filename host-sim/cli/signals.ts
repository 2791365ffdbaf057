/** Ctrl-C and its like. */

/**
 * Calls `close` on the first SIGINT or SIGTERM. Somebody who presses Ctrl-C again does not want to wait for
 * good manners, so the second ends the process.
 */
export function onInterrupt(close: () => void): void {
  let asked = false;
  const interrupt = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(signal === "SIGINT" ? 130 : 143);
    asked = true;
    close();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
}
