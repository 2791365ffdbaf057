import { afterEach, describe, expect, test } from "@jest/globals";
import { SystemResolver, systemNameServers } from "../../host-sim/node/resolver.js";
import { resolverConformance } from "../conformance/resolver.js";
import { closeAll, nodeHost } from "../support/node-host.js";

afterEach(closeAll);

describe("the resolver on Node", () => {
  resolverConformance(nodeHost, SystemResolver);

  test("the machine's name servers are IP addresses, perhaps with a port", () => {
    for (const server of systemNameServers()) {
      expect(server).toMatch(/^([\d.]+(:\d+)?|[\da-f:]+(%\w+)?|\[[\da-f:]+(%\w+)?\]:\d+)$/);
    }
  });
});
