import { describe, expect, test } from "@jest/globals";
import { SystemResolver, systemNameServers } from "../../host-sim/node/resolver.js";

/** What the resolver says of a host: an address, or `undefined`. */
const resolve = (host: string, resolver = new SystemResolver()) =>
  new Promise<string | undefined>((resolve, reject) => {
    let isInside = true;
    const check = (resolved: string) => {
      if (isInside || resolved !== host) {
        reject(new Error(`called ${isInside ? "too early" : `for ${resolved}`}`));
      }
    };
    resolver.resolve({
      host,
      onResolved: (resolved, address) => {
        check(resolved);
        resolve(address);
      },
      onError: (resolved) => {
        check(resolved);
        resolve(undefined);
      },
    });
    isInside = false;
  });

describe("the resolver on Node", () => {
  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "::1"],
    ["localhost", "127.0.0.1"],
    // Too long for a label (RFC 1035 2.3.4), so nobody is asked.
    ["x".repeat(64), undefined],
  ])("%s is %s", async (host, address) => {
    expect(await resolve(host)).toBe(address);
  });

  test("requests do not wait for each other", async () => {
    const resolver = new SystemResolver();
    const hosts = ["127.0.0.1", "localhost", "127.0.0.3"];
    expect(await Promise.all(hosts.map((host) => resolve(host, resolver)))).toEqual([
      "127.0.0.1",
      "127.0.0.1",
      "127.0.0.3",
    ]);
  });

  test("an empty host is refused", async () => {
    await expect(resolve("")).rejects.toThrow(TypeError);
  });

  test("after close no callback is called, and nothing can be asked", async () => {
    const resolver = new SystemResolver();
    const calls: string[] = [];
    for (const host of ["127.0.0.1", "localhost", "x".repeat(64)]) {
      resolver.resolve({
        host,
        onResolved: () => calls.push(host),
        onError: () => calls.push(host),
      });
    }
    resolver.close();
    resolver.close();
    await resolve("localhost");
    expect(calls).toEqual([]);
    await expect(resolve("localhost", resolver)).rejects.toThrow("closed");
  });

  test("the machine's name servers are IP addresses, perhaps with a port", () => {
    for (const server of systemNameServers()) {
      expect(server).toMatch(/^([\d.]+(:\d+)?|[\da-f:]+(%\w+)?|\[[\da-f:]+(%\w+)?\]:\d+)$/);
    }
  });
});
