/**
 * Runs the conformance tests of the XS host. Arguments: a directory for its storage, and the port of the far
 * side of connections (../peers.ts). Prints a line of JSON for each test.
 */

import { crypto } from "../../../host-sim/xs/crypto.js";
import { native } from "../../../host-sim/xs/native.js";
import { DNSResolver } from "../../../host-sim/xs/resolver.js";
import { Storage } from "../../../host-sim/xs/storage.js";
import { TCP } from "../../../host-sim/xs/tcp.js";
import { timer } from "../../../host-sim/xs/timer.js";
import { UDP } from "../../../host-sim/xs/udp.js";
import { cryptoConformance } from "../../conformance/crypto.js";
import type { TestHost } from "../../conformance/host.js";
import { nameServerConformance, resolverConformance } from "../../conformance/resolver.js";
import { storageConformance } from "../../conformance/storage.js";
import { tcpConformance } from "../../conformance/tcp.js";
import { timerConformance } from "../../conformance/timer.js";
import { udpConformance } from "../../conformance/udp.js";
import { RemotePeers } from "./remote-peers.js";
import { run, test } from "./runner.js";

const [directory = "", port] = native.arguments();
const peers = new RemotePeers(TCP, Number(port));
const host: TestHost = {
  TCP,
  TLS: undefined as never, // none yet
  UDP,
  flood: 512 * 1024,
  listen: () => peers.listen(),
  test,
};
run(
  () => storageConformance(() => new Storage(directory), test),
  () => cryptoConformance(crypto, test),
  () => timerConformance(timer, test),
  () => tcpConformance(host),
  () => udpConformance(host),
  () => resolverConformance(host, DNSResolver),
  () => nameServerConformance(host, DNSResolver),
).then(() => peers.close());
