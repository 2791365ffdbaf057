/**
 * The wire between the emulated chip and a server: QEMU starts this program for each connection that the chip
 * makes, and its standard streams are the chip's end of it. Arguments: the server's host and port.
 */

import { connect } from "node:net";

/** Milliseconds for a server to say something, once the chip has nothing more to say. */
const PATIENCE = 10_000;

const [host, port] = process.argv.slice(2);
const server = connect({ host, port: Number(port), allowHalfOpen: true });
server.setNoDelay(true);
process.stdin.pipe(server).pipe(process.stdout);
process.stdin.on("end", () => server.setTimeout(PATIENCE, () => process.exit(1)));
// The chip sees its connection end, which is all that this end of the wire can tell it.
for (const stream of [process.stdin, process.stdout, server])
  stream.on("error", () => process.exit(1));
