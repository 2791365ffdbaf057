import { createHash, type X509Certificate } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ensureNode, TELEMETRY_NODE } from "../../firmware/xmpp/extensions/pubsub.js";
import { promised } from "../../host-sim/cli/session.js";
import { createAuthority } from "../../host-sim/server/certificates.js";
import { compileProgram } from "../../scripts/xs-program.mjs";
import type { ResumptionResult, ResumptionSettings } from "../tls/programs/resumption.js";
import { compile, requireXS, results, runBesides } from "../xs/host.js";
import type { DeviceEvent, DeviceSettings } from "../xs/programs/device.js";
import { TestClient } from "./support/clients.js";
import { startEjabberd } from "./support/ejabberd.js";
import { startProsody } from "./support/prosody.js";
import { requireServers } from "./support/require-servers.js";
import type { XmppServer } from "./support/server.js";

/** See host-sim/xs/figures.h. */
interface Figures {
  readonly stackPeak: number;
  readonly stackSize: number;
}

const BOARD = "esp32c3";
const NODE = "boards";
const COUNT = 5;

if (requireServers() && requireXS())
  describe.each([
    { name: "Prosody", start: startProsody },
    { name: "ejabberd", start: startEjabberd },
  ])("$name, and the firmware in XS with TLS by mbedTLS", ({ start }) => {
    const program = compile("device");
    const account = { jid: "", password: "secret & <safe>" };
    let server: XmppServer;
    let owner: TestClient;
    let directory: string;

    beforeAll(async () => {
      server = await start();
      account.jid = await server.addAccount("board", account.password);
      owner = new TestClient(server, server.owner, { presence: { priority: 0 } });
      await owner.tells("online");
      await promised((done) => ensureNode(owner.pubsub, NODE, TELEMETRY_NODE, done));
      await promised((done) => owner.pubsub.subscribe(NODE, done));
      directory = await mkdtemp(join(tmpdir(), "pipit-xs-tls-"));
    });
    afterAll(async () => {
      await rm(directory, { recursive: true });
      await owner.close();
      await server.stop();
    });

    /** Runs a device to its end. */
    async function run(changes: Partial<DeviceSettings>): Promise<DeviceEvent[]> {
      const settings: DeviceSettings = {
        ...account,
        host: "localhost",
        port: changes.security === "direct" ? server.directPort : server.starttlsPort,
        security: "starttls",
        certificate: server.ca,
        service: server.pubsub,
        node: NODE,
        count: COUNT,
        directory: await mkdtemp(join(directory, "flash-")),
        ...changes,
      };
      const lines = results<DeviceEvent | Figures>(
        await runBesides(BOARD, program, JSON.stringify(settings)),
      );
      // The deepest calls are those over TLS: an eighth of the stack or more is left then.
      for (const line of lines)
        if ("stackPeak" in line)
          expect(line.stackPeak).toBeLessThanOrEqual((line.stackSize * 7) / 8);
      return lines.filter((line) => "event" in line);
    }

    describe.each(["starttls", "direct"] as const)("over TLS by %s", (security) => {
      test("publishes to a node", async () => {
        owner.events.length = 0;
        const events = (await run({ security })).map(({ event }) => event);
        expect([events[0], events.at(-1)]).toEqual(["online", "closed"]);
        const published = events.filter((event) => event === "published").length;
        expect(published).toBeGreaterThanOrEqual(COUNT); // some may still have been under way
        await owner.until(() => owner.events.length >= published);
      });

      test("refuses a server whose authority it does not trust, and says why", async () => {
        const { certificate } = await createAuthority("Another authority");
        const events = await run({ security, certificate, errors: 1 });
        expect(events).toEqual([
          {
            event: "error",
            error: expect.stringMatching(/TransportError: certificate-invalid: .*not trusted/),
          },
          { event: "closed" },
        ]);
      });
    });

    test("knows the certificate that a connection rests on, with a session that the server may not take up", async () => {
      const settings: ResumptionSettings = {
        port: server.directPort,
        serverName: server.domain,
        certificate: server.ca,
        times: 3,
      };
      const sessions = results<ResumptionResult>(
        await runBesides(
          BOARD,
          compileProgram("test/tls/programs/resumption"),
          JSON.stringify(settings),
        ),
      );
      const hash = createHash("sha256")
        .update(await certificateOf(server))
        .digest();
      // As they are installed, neither server keeps TLS sessions; test/tls/engine.test.ts has one that does.
      expect(sessions).toEqual(Array(3).fill({ isResumed: false, binding: [...hash] }));
    });
  });

/** The server's certificate, DER. */
function certificateOf({ directPort, domain, ca }: XmppServer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: directPort, host: "127.0.0.1", servername: domain, ca });
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      resolve((socket.getPeerX509Certificate() as X509Certificate).raw);
      socket.destroy();
    });
  });
}
