/** Colours, where an output is a terminal that shows them, and NO_COLOR is not set. */

import type { WriteStream } from "node:tty";
import pc from "picocolors";

/** For standard output and standard error: one may be a terminal while the other goes to a file. */
export const out = pc.createColors(showsColours(process.stdout));
export const err = pc.createColors(showsColours(process.stderr));

/** Only terminals have `hasColors`, which knows NO_COLOR and TERM (https://no-color.org). */
function showsColours(stream: Partial<Pick<WriteStream, "hasColors">>): boolean {
  return stream.hasColors?.() ?? false;
}
