/**
 * Runs the conformance tests on the emulated chip, to which 127.0.0.1 of the laptop is another address. Its
 * settings: the port of the far side of connections (test/xs/peers.ts). Prints a line of JSON for each test.
 */

import type { TCPOptions } from "../../../firmware/io.js";
import { crypto } from "../../../host-sim/xs/crypto.js";
import { native } from "../../../host-sim/xs/native.js";
import { Storage } from "../../../host-sim/xs/storage.js";
import { TCP } from "../../../host-sim/xs/tcp.js";
import { timer } from "../../../host-sim/xs/timer.js";
import { TLSSocket } from "../../../host-sim/xs/tls.js";
import { UDP } from "../../../host-sim/xs/udp.js";
import { cryptoConformance } from "../../conformance/crypto.js";
import type { TestHost } from "../../conformance/host.js";
import { storageConformance } from "../../conformance/storage.js";
import { tcpConformance } from "../../conformance/tcp.js";
import { timerConformance } from "../../conformance/timer.js";
import { udpConformance } from "../../conformance/udp.js";
import { RemotePeers } from "../../xs/programs/remote-peers.js";
import { run, test } from "../../xs/programs/runner.js";

/** Where QEMU has the laptop's loopback. */
const LAPTOP = "10.0.2.2";

class LaptopTCP extends TCP {
  constructor(options: TCPOptions) {
    const isLaptop = "address" in options && options.address === "127.0.0.1";
    super(isLaptop ? { ...options, address: LAPTOP } : options);
  }
}

const [file = ""] = native.arguments();
const { port }: { port: number } = JSON.parse(native.readText(file));
const peers = new RemotePeers(LaptopTCP, port);
const host: TestHost = {
  TCP: LaptopTCP,
  TLS: TLSSocket,
  UDP,
  flood: 128 * 1024,
  listen: () => peers.listen(),
  test,
};

run(
  () => storageConformance(() => new Storage("conformance"), test),
  () => cryptoConformance(crypto, test),
  () => timerConformance(timer, test),
  () => tcpConformance(host),
  () => udpConformance(host),
).then(() => peers.close());
