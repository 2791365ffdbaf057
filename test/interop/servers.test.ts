import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { badCertificates } from "../support/bad-certificates.js";
import { startEjabberd } from "./support/ejabberd.js";
import { confined, ServerProcess } from "./support/process.js";
import { startProsody } from "./support/prosody.js";
import { requireServers } from "./support/require-servers.js";
import type { XmppServer } from "./support/server.js";

const PASSWORD = "a 'pass' \"word\"";

if (requireServers()) {
  describe.each([
    { name: "Prosody", start: startProsody },
    { name: "ejabberd", start: startEjabberd },
  ])("$name", ({ start }) => {
    let server: XmppServer;

    beforeAll(async () => {
      server = await start();
    });

    afterAll(async () => {
      await server.stop();
    });

    test("insists on STARTTLS, and offers SASL mechanisms after it", async () => {
      const plain = connectTcp(server.starttlsPort, server.host);
      expect(await exchange(plain, header(server), "</stream:features>")).toMatch(
        /<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>\s*<required\/>/,
      );
      await exchange(plain, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<proceed");
      const secure = connectTls({ socket: plain, servername: server.domain, ca: server.ca });
      const features = await exchange(secure, header(server), "</stream:features>");
      for (const mechanism of ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"])
        expect(features).toContain(`<mechanism>${mechanism}</mechanism>`);
      secure.destroy();
    });

    test("does TLS at once on its other port, with a certificate of its authority", async () => {
      const socket = secureSocket(server);
      await once(socket, "secureConnect");
      expect(socket.getPeerCertificate().subjectaltname).toBe(
        `DNS:${server.domain}, DNS:${server.pubsub}`,
      );
      socket.destroy();
    });

    test("keeps accounts over a restart and a crash", async () => {
      expect(await server.addAccount("juliet", PASSWORD)).toBe(`juliet@${server.domain}`);
      expect(await logIn(server, "juliet", PASSWORD)).toContain("<success");
      await server.restart();
      expect(await logIn(server, "juliet", PASSWORD)).toContain("<success");
      await server.addAccount("romeo", PASSWORD);
      await server.kill("SIGKILL");
      await server.start();
      expect(await logIn(server, "romeo", PASSWORD)).toContain("<success");
      expect(await logIn(server, "romeo", "another")).toContain("<not-authorized");
    });

    test.each(["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"])("can offer %s alone", async (name) => {
      const single = await start({ mechanisms: [name] });
      try {
        expect(await mechanismsOf(single)).toEqual([name]);
      } finally {
        await single.stop();
      }
    });

    test("can show a certificate that a client must refuse", async () => {
      const expired = await start({ certificate: badCertificates.expired });
      try {
        await expect(once(secureSocket(expired), "secureConnect")).rejects.toMatchObject({
          code: "CERT_HAS_EXPIRED",
        });
      } finally {
        await expired.stop();
      }
    });

    test("leaves nothing behind when it is stopped", async () => {
      const { folder, stop } = await start();
      expect(processesIn(folder)).not.toEqual([]);
      await stop();
      expect(processesIn(folder)).toEqual([]);
      expect(existsSync(folder)).toBe(false);
      await stop();
    });
  });

  test.each([
    { authentication: "plain", offered: ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"] },
    { authentication: "hashed-sha-1", offered: ["PLAIN", "SCRAM-SHA-1"] },
    { authentication: "hashed-sha-256", offered: ["PLAIN", "SCRAM-SHA-256"] },
  ] as const)(
    "Prosody with $authentication offers $offered",
    async ({ authentication, offered }) => {
      const server = await startProsody({ authentication });
      try {
        const socket = secureSocket(server);
        const features = await exchange(socket, header(server), "</stream:features>");
        const mechanisms = [...features.matchAll(/<mechanism>(.*?)</g)].map(([, name]) => name);
        expect(mechanisms.sort()).toEqual(offered);
        expect(await logIn(server, "owner", server.owner.password)).toContain("<success");
        socket.destroy();
      } finally {
        await server.stop();
      }
    },
  );

  test("a server that cannot start says why", async () => {
    const command = ["sh", "-c", "echo port 1 is taken; exit 3"];
    await expect(
      ServerProcess.start({ command, folder: tmpdir(), ready: ["port 1 is open"] }),
    ).rejects.toThrow("the server ended with status 3. Its log:\nport 1 is taken\n");
  });

  test("a server ends when the process that started it is killed", async () => {
    const [program, args] = confined(["sleep", "60"]);
    const source = `require("child_process").spawn(${JSON.stringify(program)},
      ${JSON.stringify(args)}, { stdio: "inherit" }).on("spawn", () => console.log("started"))`;
    const parent = spawn(process.execPath, ["-e", source], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(parent.stdout, "data");
    parent.kill("SIGKILL");
    // The server holds the other end of this pipe: it closes when the server is gone.
    await once(parent.stdout, "close");
  });
}

const header = ({ domain }: XmppServer): string =>
  `<stream:stream to='${domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;

function secureSocket({ directPort, host, domain, ca }: XmppServer) {
  return connectTls({ port: directPort, host, servername: domain, ca });
}

/** Writes, and reads until that text has come. */
async function exchange(socket: Socket, text: string, until: string): Promise<string> {
  socket.setEncoding("utf8");
  socket.write(text);
  let received = "";
  while (!received.includes(until)) received += (await once(socket, "data"))[0];
  return received;
}

/** The SASL mechanisms that a server offers, in alphabetical order. */
async function mechanismsOf(server: XmppServer): Promise<string[]> {
  const socket = secureSocket(server);
  const features = await exchange(socket, header(server), "</stream:features>");
  socket.destroy();
  return [...features.matchAll(/<mechanism>(.*?)</g)].map(([, name]) => name as string).sort();
}

/** Tries a password by SASL PLAIN; returns the outcome. */
async function logIn(server: XmppServer, user: string, password: string): Promise<string> {
  const socket = secureSocket(server);
  await exchange(socket, header(server), "</stream:features>");
  const response = Buffer.from(`\0${user}\0${password}`).toString("base64");
  const auth = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${response}</auth>`;
  const outcome = await exchange(socket, auth, "urn:ietf:params:xml:ns:xmpp-sasl");
  socket.destroy();
  return outcome;
}

/** The processes that run in a folder. */
function processesIn(folder: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === folder;
    } catch {
      return false; // no process, or not ours to look at
    }
  });
}
