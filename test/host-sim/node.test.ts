import { afterEach, describe, jest } from "@jest/globals";
import { tcpConformance } from "../conformance/tcp.js";
import { tlsConformance } from "../conformance/tls.js";
import { udpConformance } from "../conformance/udp.js";
import { closeAll, nodeHost } from "../support/node-host.js";
import { makeTLSCases } from "../support/tls-cases.js";

jest.setTimeout(30_000);
afterEach(closeAll);

const cases = await makeTLSCases();

describe("TCP on Node", () => tcpConformance(nodeHost));
describe("UDP on Node", () => udpConformance(nodeHost));
describe("TLS on Node", () => tlsConformance(nodeHost, cases));
