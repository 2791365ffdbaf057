/** Ctrl-C and its like. */

/** Milliseconds within which a second signal is an echo: npm passes on the Ctrl-C that we have had already. */
const ECHO = 500;

/**
 * Calls `close` on the first SIGINT or SIGTERM. Somebody who presses Ctrl-C again does not want to wait for
 * good manners, so the next ends the process. A reader that goes away, as `head` does in a pipe, counts as
 * the first.
 */
export function onInterrupt(close: () => void): void {
  let first: number | undefined;
  const begin = (): void => {
    if (first !== undefined) return;
    first = performance.now();
    close();
  };
  const interrupt = (signal: NodeJS.Signals): void => {
    if (first === undefined) begin();
    else if (performance.now() - first > ECHO) process.exit(signal === "SIGINT" ? 130 : 143);
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  process.stdout.on("error", begin);
}
