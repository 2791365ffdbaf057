import { request } from "node:http";
import { hostname } from "node:os";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import type { WebServer } from "../../host-sim/dashboard/web-server.js";
import { MadeUpFleet, serve } from "./support.js";

interface Answer {
  status: number | undefined;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

function ask(port: number, path: string, headers = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, method, headers, agent: false };
    const asking = request(options, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode, headers: response.headers, body }),
      );
    });
    asking.on("error", reject).end();
  });
}

/** Tries to open the WebSocket. Returns the status of a refusal, or that it is open. */
function knock(port: number, headers: Record<string, string>): Promise<number | "open"> {
  return new Promise((resolve, reject) => {
    const { Origin: origin, ...rest } = headers;
    const options = origin === undefined ? { headers: rest } : { headers: rest, origin };
    const socket = new WebSocket(`ws://127.0.0.1:${port}/events`, options);
    socket.on("unexpected-response", (_request, { statusCode = 0 }) => {
      socket.terminate();
      resolve(statusCode);
    });
    socket.on("open", () => {
      socket.terminate();
      resolve("open");
    });
    socket.on("error", (error) => reject(error));
  });
}

let server: WebServer;
let address: string;
let port: number;
const links: string[] = [];

async function start(host: string): Promise<void> {
  ({ server, address } = await serve(MadeUpFleet.of(1).model, host, (link) => links.push(link)));
  port = Number(new URL(address).port);
}

afterEach(() => server.close());

describe("on this machine's own address", () => {
  beforeEach(() => start("127.0.0.1"));

  test("whoever is here may look", async () => {
    expect(address).toBe(`http://localhost:${port}/`);
    const { status, headers, body } = await ask(port, "/");
    expect(status).toBe(200);
    expect(body).toContain('<script type="module" src="page.js">');
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain("unsafe");
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });

  test.each([
    ["/page.js", 200],
    ["/page.css?x", 200],
    ["/../package.json", 404],
    ["/%2e%2e/package.json", 404],
    ["//", 404],
    ["/__proto__", 404],
    ["/enter?key=", 401],
    ["/events", 426],
  ])("%s is answered with %i", async (path, status) => {
    expect((await ask(port, path)).status).toBe(status);
  });

  test("nothing is changed by HTTP", async () => {
    expect((await ask(port, "/", {}, "POST")).status).toBe(405);
  });

  test.each([
    ["localhost", 200],
    ["127.0.0.1", 200],
    ["[::1]", 200],
    [hostname(), 200],
    ["evil.example", 403],
    ["127.0.0.1.evil.example", 403],
    ["localhost.evil.example", 403],
    ["user@localhost", 403],
  ])(
    "as %j it answers with %i: names of others may be made to point here",
    async (host, status) => {
      expect((await ask(port, "/", { Host: `${host}:${port}` })).status).toBe(status);
    },
  );

  test("a WebSocket is opened by our page, and by no other", async () => {
    const here = `http://127.0.0.1:${port}`;
    expect(await knock(port, { Origin: here })).toBe("open");
    expect(await knock(port, { Origin: "http://evil.example" })).toBe(403);
    expect(await knock(port, { Origin: `https://127.0.0.1:${port}` })).toBe(403);
    expect(await knock(port, { Origin: `http://127.0.0.1:${port + 1}` })).toBe(403);
    expect(await knock(port, { Origin: "null" })).toBe(403);
    expect(await knock(port, {})).toBe(403);
    const rebound = { Host: `evil.example:${port}`, Origin: `http://evil.example:${port}` };
    expect(await knock(port, rebound)).toBe(403);
  });

  test("a message that is too long ends the WebSocket", async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/events`, {
      origin: `http://127.0.0.1:${port}`,
    });
    await new Promise((resolve) => socket.once("open", resolve));
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    socket.send("x".repeat(1_000));
    expect(await closed).toBe(1009);
  });

  test("so many may look at a time", async () => {
    const origin = `http://127.0.0.1:${port}`;
    const sockets = Array.from(
      { length: 32 },
      () => new WebSocket(`ws://127.0.0.1:${port}/events`, { origin }),
    );
    await Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.once("open", resolve))),
    );
    expect(await knock(port, { Origin: origin })).toBe(503);
    expect(await ask(port, "/events")).toMatchObject({
      status: 503,
      body: "Too many are looking already.\n",
    });
    for (const socket of sockets) socket.terminate();
  });
});

describe("on another address", () => {
  beforeEach(() => start("0.0.0.0"));

  test("one browser is let in by each link", async () => {
    const { pathname, search } = new URL(address);
    const host = { Host: `127.0.0.1:${port}` };
    expect((await ask(port, "/", host)).status).toBe(401);
    expect((await ask(port, "/page.js", host)).status).toBe(401);
    expect((await ask(port, "/events", host)).body).toMatch(/^Open the link /);
    const origin = { ...host, Origin: `http://127.0.0.1:${port}` };
    expect(await knock(port, origin)).toBe(401);
    expect((await ask(port, "/enter?key=guess", host)).status).toBe(401);

    const { status, headers } = await ask(port, pathname + search, host);
    expect(status).toBe(303);
    const cookie = String(headers["set-cookie"]);
    expect(cookie).toMatch(
      new RegExp(`^pipit-${port}=[\\w-]{43}; HttpOnly; SameSite=Lax; Path=/$`),
    );
    const visitor = { Cookie: cookie.split(";")[0] as string };
    expect((await ask(port, "/", { ...host, ...visitor })).status).toBe(200);
    expect(await knock(port, { ...origin, ...visitor })).toBe("open");

    expect((await ask(port, pathname + search, host)).status).toBe(401);
    const next = new URL(links.at(-1) as string);
    expect(next.searchParams.get("key")).not.toBe(new URL(address).searchParams.get("key"));
    expect((await ask(port, next.pathname + next.search, host)).status).toBe(303);
  });

  test("a cookie does not help a page from elsewhere", async () => {
    const { pathname, search } = new URL(address);
    const { headers } = await ask(port, pathname + search, { Host: `127.0.0.1:${port}` });
    const Cookie = String(headers["set-cookie"]).split(";")[0] as string;
    const Host = `127.0.0.1:${port}`;
    expect(await knock(port, { Host, Cookie, Origin: "http://evil.example" })).toBe(403);
  });
});

test("a port that is in use is told of", async () => {
  await start("127.0.0.1");
  const { WebServer } = await import("../../host-sim/dashboard/web-server.js");
  const page = new URL("../../build/host-sim/dashboard/page", import.meta.url).pathname;
  const { model } = MadeUpFleet.of(1);
  const options = { model, page, host: "127.0.0.1", port, onLink: () => {} };
  await expect(new WebServer({ ...options, mayMove: false }).listen()).rejects.toThrow(
    `port ${port} on 127.0.0.1: in use; choose another with --port`,
  );
  const other = new WebServer({ ...options, mayMove: true });
  expect(Number(new URL(await other.listen()).port)).toBeGreaterThan(port);
  await other.close();
});
