import { test } from "@jest/globals";
import { TCP } from "../../host-sim/node/tcp.js";
import { TLSSocket } from "../../host-sim/node/tls.js";
import { UDP } from "../../host-sim/node/udp.js";
import type { TestHost } from "../conformance/host.js";
import { listen } from "./peer.js";

const opened: { close(): unknown }[] = [];

/** Closes what tests have left open. One that fails leaves a lot, and jest would wait for it for ever. */
export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((each) => each.close()));
}

/** The Node host as conformance tests take it. `closeAll` is to be called after each test. */
export const nodeHost: TestHost = {
  TCP: class extends TCP {
    constructor(...options: ConstructorParameters<typeof TCP>) {
      super(...options);
      opened.push(this);
    }
  },
  TLS: class extends TLSSocket {
    constructor(...options: ConstructorParameters<typeof TLSSocket>) {
      super(...options);
      opened.push(this);
    }
  },
  UDP: class extends UDP {
    constructor(...options: ConstructorParameters<typeof UDP>) {
      super(...options);
      opened.push(this);
    }
  },
  flood: 4 * 1024 * 1024,
  listen: async () => {
    const listener = await listen();
    opened.push(listener);
    return listener;
  },
  test,
};
