import type { DNSOptions, Resolver, ResolverConstructor, UDPSocket } from "../../firmware/io.js";
import { equal, throws } from "./assert.js";
import { settle } from "./fixtures.js";
import type { TestHost } from "./host.js";

const HERE = "127.0.0.1";

/** Its label is too long (RFC 1035 2.3.4), so nobody is asked. */
const IMPOSSIBLE = "x".repeat(64);

/** What the resolver says of a host: an address, or `undefined`. */
function resolve(resolver: Resolver, host: string): Promise<string | undefined> {
  return new Promise((done, reject) => {
    let isInside = true;
    const check = (resolved: string) => {
      if (isInside) reject(new Error("called from inside of resolve"));
      if (resolved !== host) reject(new Error(`called for ${resolved}`));
    };
    resolver.resolve({
      host,
      onResolved(resolved, address) {
        check(resolved);
        done(address);
      },
      onError(resolved) {
        check(resolved);
        done(undefined);
      },
    });
    isInside = false;
  });
}

/** What `io.ts` promises of resolvers, without a name server. */
export function resolverConformance(host: TestHost, Resolver: ResolverConstructor): void {
  const create = () => new Resolver({ io: Resolver, servers: [], socket: { io: host.UDP } });

  for (const [name, address] of [
    [HERE, HERE],
    ["::1", "::1"],
    ["localhost", HERE],
    [IMPOSSIBLE, undefined],
  ] as const) {
    host.test(`the resolver says that ${name} is ${address}`, async () => {
      equal(await resolve(create(), name), address);
    });
  }

  host.test("requests to a resolver do not wait for each other", async () => {
    const resolver = create();
    const names = [HERE, "localhost", "127.0.0.3"];
    const addresses = await Promise.all(names.map((name) => resolve(resolver, name)));
    equal(addresses.join(), [HERE, HERE, "127.0.0.3"].join());
  });

  host.test("a resolver refuses an empty host", async () => {
    throws(() => create().resolve(request), TypeError);
  });

  host.test("a resolver that is closed calls nobody, and cannot be asked", async () => {
    const resolver = create();
    const calls: string[] = [];
    const call = (name: string) => calls.push(name);
    for (const name of [HERE, "localhost", IMPOSSIBLE]) {
      resolver.resolve({ host: name, onResolved: call, onError: call });
    }
    resolver.close();
    resolver.close();
    await settle(host);
    equal(calls.join(), "");
    throws(() => resolver.resolve({ ...request, host: HERE }), Error);
  });
}

const request = { host: "", onResolved: () => {}, onError: () => {} };

/** What a name server answers to a question. */
type Answer = (question: Uint8Array) => Uint8Array;

const ADDRESS = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];
/** Another name, before the address of that. */
const ALIAS = [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, 97, 0xc0, 12];

/** Repeats the question, and adds so many records. */
const answering =
  (count: number, ...records: number[]): Answer =>
  (question) => {
    const answer = Uint8Array.of(...question, ...records);
    answer[2] = 0x81;
    answer[3] = 0x80;
    answer[7] = count;
    return answer;
  };

/** What a resolver makes of answers of name servers (RFC 1035). */
export function nameServerConformance(host: TestHost, Resolver: ResolverConstructor): void {
  const good = answering(1, ...ADDRESS);

  for (const { what, answers, address } of [
    { what: "an address", answers: [good], address: "192.0.2.1" },
    { what: "an alias", answers: [answering(2, ...ALIAS, ...ADDRESS)], address: "192.0.2.1" },
    { what: "no answer in its answer", answers: [answering(0)], address: undefined },
    { what: "less than it says", answers: [answering(1, 0xc0)], address: undefined },
    {
      what: "an answer to something else first",
      answers: [(question) => good(question).fill(0, 0, 2), () => Uint8Array.of(1), good],
      address: "192.0.2.1",
    },
    { what: "the question itself first", answers: [(it) => it, good], address: "192.0.2.1" },
  ] as { what: string; answers: Answer[]; address: string | undefined }[]) {
    host.test(`a name server gives ${what}`, () =>
      withServer(host, answers, async (servers) => {
        const resolver = new Resolver({ io: Resolver, servers, socket: { io: host.UDP } });
        equal(await resolve(resolver, "example.org"), address);
        resolver.close();
      }),
    );
  }

  host.test("a name server that is silent is followed by the next", () =>
    withServer(host, [good], async (servers) => {
      const all = [`${HERE}:9`, ...servers]; // port 9 is to discard everything
      const resolver = new Resolver({ io: Resolver, servers: all, socket: { io: host.UDP } });
      equal(await resolve(resolver, "example.org"), "192.0.2.1");
      resolver.close();
    }),
  );
}

/** A name server that sends all of `answers` to each question. */
async function withServer(
  host: TestHost,
  answers: readonly Answer[],
  body: (servers: DNSOptions["servers"]) => Promise<void>,
): Promise<void> {
  const listener = await host.listen(); // for a port that is free
  await listener.close();
  const server: UDPSocket = new host.UDP({
    port: listener.port,
    onReadable() {
      const question = this.read();
      if (question === undefined) return;
      const { address, port } = question;
      for (const answer of answers) {
        this.write(answer(new Uint8Array(question)), address, port);
      }
    },
  });
  try {
    await body([`${HERE}:${listener.port}`]);
  } finally {
    server.close();
  }
}
