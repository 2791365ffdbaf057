import type { Listener, TestHost } from "./host.js";
import { bytes } from "./pattern.js";
import { Probe } from "./probe.js";

/** Where to connect to. */
export const at = ({ port }: Listener) => ({ address: "127.0.0.1", port });

/** A test with a listener of its own. */
export function testWithListener(
  host: TestHost,
  name: string,
  body: (listener: Listener) => Promise<void>,
): void {
  host.test(name, async () => {
    const listener = await host.listen();
    try {
      await body(listener);
    } finally {
      await listener.close();
    }
  });
}

/** Gives everything that is under way the time of three exchanges over another connection. */
export async function settle(host: TestHost): Promise<void> {
  const listener = await host.listen();
  const probe = new Probe((callbacks) => new host.TCP({ ...at(listener), ...callbacks }));
  const peer = await listener.accept();
  await probe.connected();
  for (let round = 0; round < 3; round += 1) {
    probe.socket.write(bytes(1));
    await peer.receive(1);
    await peer.send(bytes(1));
    await probe.receive(1);
  }
  probe.socket.close();
  await listener.close();
}
