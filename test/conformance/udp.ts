import type { UDPConstructor, UDPSocket } from "../../firmware/io.js";
import { equal, isTrue, sameBytes, throws } from "./assert.js";
import { settle } from "./fixtures.js";
import type { TestHost } from "./host.js";
import { bytes } from "./pattern.js";

type Options = ConstructorParameters<UDPConstructor>[0];
type Datagram = NonNullable<ReturnType<UDPSocket["read"]>>;

const HERE = "127.0.0.1";

/** What `io.ts` promises of datagram sockets. Nothing is lost on the way here, as it may be elsewhere. */
export function udpConformance(host: TestHost): void {
  /** Tests with a port at which nobody else receives, if nobody has taken it since. */
  function test(name: string, body: (port: number) => Promise<void>): void {
    host.test(`UDP: ${name}`, async () => {
      const listener = await host.listen();
      await listener.close();
      await body(listener.port);
    });
  }

  test("a question gets its answer", async (port) => {
    const answering = new Receiver(host, port);
    const asking = new Receiver(host);
    asking.socket.write(bytes(3).buffer, HERE, port);
    const question = await answering.datagram();
    sameBytes(new Uint8Array(question), bytes(3));
    equal(question.address, HERE);
    answering.socket.write(bytes(5), question.address, question.port);
    const answer = await asking.datagram();
    sameBytes(new Uint8Array(answer), bytes(5));
    equal(`${answer.address} ${answer.port}`, `${HERE} ${port}`);
    equal(asking.socket.read(), undefined);
    isTrue(!asking.isMisled, "`this` is the socket, and no callback comes from the constructor");
    asking.socket.close();
    answering.socket.close();
  });

  test("datagrams are counted, keep their bounds, and are read in their order", async (port) => {
    const receiver = new Receiver(host, port);
    const sender = new host.UDP({});
    for (const size of [1, 0, 1200]) sender.write(bytes(size), HERE, port);
    await receiver.until(() => receiver.announced === 3);
    for (const size of [1, 0, 1200]) equal(receiver.socket.read()?.byteLength, size);
    equal(receiver.socket.read(), undefined);
    sender.close();
    receiver.socket.close();
  });

  test("what is sent is not changed by what becomes of its buffer", async (port) => {
    const receiver = new Receiver(host, port);
    const sender = new host.UDP({});
    const buffer = bytes(100);
    sender.write(buffer, HERE, port);
    buffer.fill(0);
    sameBytes(new Uint8Array(await receiver.datagram()), bytes(100));
    sender.close();
    receiver.socket.close();
  });

  test("what nobody reads is dropped in the end", async (port) => {
    const receiver = new Receiver(host, port);
    const sender = new host.UDP({});
    for (let i = 0; i < 100; i++) sender.write(bytes(1, i), HERE, port);
    await receiver.until(() => receiver.announced > 0);
    await settle(host);
    let count = 0;
    while (receiver.socket.read() !== undefined) count++;
    isTrue(count >= 8 && count < 100, `some are kept, and some not: ${count} of 100`);
    sender.close();
    receiver.socket.close();
  });

  test("onError says that the port is taken", async (port) => {
    const first = new Receiver(host, port);
    const second = new Receiver(host, port);
    await second.until(() => second.reason !== undefined);
    first.socket.close();
    second.socket.close();
  });

  test("onError says that a datagram cannot be sent, and the next one can", async (port) => {
    const receiver = new Receiver(host, port);
    const sender = new Receiver(host);
    sender.socket.write(bytes(1), "255.255.255.255", port); // nobody has asked for broadcasts
    await sender.until(() => sender.reason !== undefined);
    sender.socket.write(bytes(1), HERE, port);
    equal((await receiver.datagram()).byteLength, 1);
    sender.socket.close();
    receiver.socket.close();
  });

  test("close ends all callbacks", async (port) => {
    const receiver = new Receiver(host, port);
    const sender = new host.UDP({});
    sender.write(bytes(1), HERE, port);
    receiver.socket.close();
    receiver.socket.close();
    await settle(host);
    equal(receiver.announced, 0);
    throws(() => receiver.socket.read(), Error);
    throws(() => receiver.socket.write(bytes(1), HERE, port), Error);
    sender.close();
  });

  test("bad options throw", async () => {
    for (const options of [{ port: 0 }, { port: 65536 }, { port: 1.5 }]) {
      throws(() => new host.UDP(options), RangeError);
    }
    for (const options of [{ onReadable: 1 }, { onError: {} }]) {
      throws(() => new host.UDP(options as unknown as Options), TypeError);
    }
  });

  test("what cannot be written throws", async (port) => {
    const socket = new host.UDP({});
    throws(() => socket.write(bytes(1), "localhost", port), TypeError);
    throws(() => socket.write(bytes(1), HERE, 0), RangeError);
    throws(() => socket.write("x" as unknown as Uint8Array, HERE, port), TypeError);
    socket.close();
  });
}

/** A socket under test, and what it was told. */
class Receiver {
  readonly socket: UDPSocket;
  announced = 0;
  reason: Error | undefined;
  isMisled = false;
  #wakeUp = () => {};

  constructor(host: TestHost, port?: number) {
    const receiver = this;
    this.socket = new host.UDP({
      ...(port !== undefined && { port }),
      onReadable(packets) {
        receiver.announced = packets;
        receiver.isMisled ||= this !== receiver.socket;
        receiver.#wakeUp();
      },
      onError(reason) {
        receiver.reason = reason;
        receiver.isMisled ||= this !== receiver.socket;
        receiver.#wakeUp();
      },
    });
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wakeUp = resolve;
      });
    }
  }

  async datagram(): Promise<Datagram> {
    let datagram: Datagram | undefined;
    await this.until(() => {
      datagram = this.socket.read();
      return datagram !== undefined;
    });
    return datagram as Datagram;
  }
}
