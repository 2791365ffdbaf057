/**
 * Runs the conformance tests of TLS on the XS host. Arguments: the port of the far side of connections
 * (../../xs/peers.ts), a file with the first of the cases, for which all tests are run, and files with the others.
 * Prints a line of JSON for each test.
 */

import { native } from "../../../host-sim/xs/native.js";
import { TCP } from "../../../host-sim/xs/tcp.js";
import { TLSSocket } from "../../../host-sim/xs/tls.js";
import { UDP } from "../../../host-sim/xs/udp.js";
import type { TestHost } from "../../conformance/host.js";
import { certificateConformance, type TLSCase, tlsConformance } from "../../conformance/tls.js";
import { RemotePeers } from "../../xs/programs/remote-peers.js";
import { run, test } from "../../xs/programs/runner.js";

const [port, ...files] = native.arguments();
const peers = new RemotePeers(TCP, Number(port));
const host: TestHost = {
  TCP,
  TLS: TLSSocket,
  UDP,
  flood: 512 * 1024,
  listen: () => peers.listen(),
  test,
};

/** @param file JSON, in which a certificate in DER is a list of bytes */
function readCase(file: string): TLSCase {
  const testCase = JSON.parse(native.readText(file)) as TLSCase & { trusted: string | number[] };
  const { trusted } = testCase;
  return { ...testCase, trusted: typeof trusted === "string" ? trusted : new Uint8Array(trusted) };
}

const [first = "", ...others] = files;
run(
  () => tlsConformance(host, [readCase(first)]),
  ...others.map((file) => () => certificateConformance(host, [readCase(file)])),
).then(() => peers.close());
