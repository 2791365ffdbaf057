import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as tls from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  type Authority,
  type Certificate,
  createAuthority,
} from "../../host-sim/server/certificates.js";
import { FOLDER } from "../../scripts/tls-tools.mjs";
import { badCertificates, goodCertificate } from "../support/bad-certificates.js";
import { seeded } from "../support/random.js";

const OPEN = 1;
const FAILED = 3;
const NAME = "example.org";
const DAY = 24 * 60 * 60;
const now = Math.floor(Date.now() / 1000);

/** What the client prints (native/client.c). */
interface Outcome {
  readonly state: number;
  readonly answer: string;
  readonly condition?: string;
  readonly text?: string;
  readonly isResumed: boolean;
  readonly certificateHash: string;
  readonly exporter: string;
}

/** Why each of the bad certificates is refused. */
const REASONS: Record<keyof typeof badCertificates, RegExp> = {
  "for another name": /^the server's certificate is for elsewhere.test, not for example.org$/,
  "with the name as common name only": /no subject alternative name, so it is not for example.org$/,
  expired: /^the server's certificate expired on \d{4}-\d\d-\d\d$/,
  "not yet valid": /is not valid before \d{4}-\d\d-\d\d; is the clock right\?$/,
  "self-signed": /it is self-signed, and not among the trusted ones$/,
  "from an unknown authority": /its authority is not trusted/,
  "from a server posing as an authority": /signed with a certificate that is no authority's$/,
  "without the authority between it and the root":
    /the server does not send the certificates between$/,
  "for a client": /not for a server \(extended key usage\)$/,
  "with a weak key": /has a weak key$/,
};

const BUILDS = [
  { mbedtls: "2.28", version: "TLSv1.2" },
  { mbedtls: "3.6", version: "TLSv1.2" },
  { mbedtls: "3.6", version: "TLSv1.3" },
] as const;

function requireTools(): boolean {
  if (existsSync(join(FOLDER, "fuzz-2.28"))) return true;
  const reason = "the TLS engine is not built; node scripts/setup.mjs --xs would do it";
  if (process.env.CI === "true") throw new Error(reason);
  test.skip(`skipped: ${reason}`, () => {});
  return false;
}

if (requireTools()) {
  const directory = mkdtempSync(join(tmpdir(), "pipit-tls-"));
  const authorities = join(directory, "authorities.pem");
  let authority: Authority;
  let good: Certificate;

  beforeAll(async () => {
    authority = await createAuthority("Pipit test authority");
    good = await goodCertificate(authority, [NAME]);
    writeFileSync(authorities, authority.certificate);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  /** Runs `use` with the port of a server that sends back what it gets; returns what it exported as well. */
  async function withServer<T>(
    { certificate, key }: Certificate,
    options: tls.TlsOptions,
    use: (port: number) => Promise<T>,
  ): Promise<{ result: T; exported: string[] }> {
    const exported: string[] = [];
    const server = tls.createServer({ cert: certificate, key, ...options }, (socket) => {
      exported.push(
        socket
          .exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0))
          .toString("hex"),
      );
      socket.on("error", () => {}); // the client may be gone
      socket.pipe(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      return { result: await use((server.address() as AddressInfo).port), exported };
    } finally {
      server.close();
    }
  }

  async function run(
    program: string,
    input: string,
    ...args: (string | number)[]
  ): Promise<string> {
    const child = spawn(join(FOLDER, program), args.map(String), {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: 60_000,
    });
    child.stdin.end(input);
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    if (status !== 0) throw new Error(`${program} ended with status ${status}: ${stderr}`);
    return stdout;
  }

  describe.each(BUILDS)(
    "the engine with mbedTLS $mbedtls, over $version",
    ({ mbedtls, version }) => {
      async function connect(
        server: Certificate,
        {
          lines = ["hello"],
          clock = now,
          options = {} as tls.TlsOptions,
          protocol = [] as string[],
        } = {},
      ): Promise<{ outcomes: Outcome[]; exported: string[] }> {
        const only = { minVersion: version, maxVersion: version } as const;
        const { result, exported } = await withServer(server, { ...only, ...options }, (port) =>
          run(`client-${mbedtls}`, lines.join("\n"), port, NAME, authorities, clock, ...protocol),
        );
        const outcomes = result.trimEnd().split("\n");
        return { outcomes: outcomes.map((line) => JSON.parse(line) as Outcome), exported };
      }

      // With TLS 1.3, Node's server does not even begin with a weak key.
      const faults = Object.entries(badCertificates).filter(
        ([fault]) => version !== "TLSv1.3" || fault !== "with a weak key",
      );

      test.each(faults)("refuses a certificate %s, and says why", async (fault, make) => {
        const { outcomes } = await connect(await make(authority, [NAME]));
        expect(outcomes).toMatchObject([
          { state: FAILED, condition: "certificate-invalid", answer: "" },
        ]);
        expect(outcomes[0]?.text).toMatch(REASONS[fault as keyof typeof REASONS]);
      });

      test("goes on with sessions; the exporter is the server's (RFC 9266), with TLS 1.3", async () => {
        const { outcomes, exported } = await connect(good, { lines: ["one", "two", "three"] });
        expect(outcomes.map(({ answer, isResumed }) => ({ answer, isResumed }))).toEqual([
          { answer: "one", isResumed: false },
          { answer: "two", isResumed: true },
          { answer: "three", isResumed: true },
        ]);
        expect(new Set(outcomes.map(({ certificateHash }) => certificateHash)).size).toBe(1);
        const expected = version === "TLSv1.3" ? exported : ["", "", ""];
        expect(outcomes.map(({ exporter }) => exporter)).toEqual(expected);
      });

      test.each([
        { title: "a time before the certificate's", clock: -(now - 9 * DAY), state: OPEN },
        { title: "a time after the certificate's", clock: -(now + 800 * DAY), state: FAILED },
      ])("without a clock, $title surely being past", async ({ clock, state }) => {
        expect((await connect(good, { clock })).outcomes).toMatchObject([{ state }]);
      });

      test("says that the server accepts none of the offered protocols", async () => {
        const { outcomes } = await connect(good, {
          options: { ALPNProtocols: ["http/1.1"] },
          protocol: ["xmpp-client"],
        });
        expect(outcomes).toMatchObject([
          { state: FAILED, condition: "tls-failure", text: expect.stringContaining("(ALPN)") },
        ]);
      });
    },
  );

  test.each([
    { mbedtls: "2.28", maxVersion: "TLSv1.2" },
    { mbedtls: "3.6", maxVersion: "TLSv1.3" },
  ] as const)(
    "with mbedTLS $mbedtls, damage and want of memory do no harm",
    async ({ mbedtls, maxVersion }) => {
      const { seed } = seeded();
      try {
        await withServer(good, { maxVersion }, (port) =>
          run(`fuzz-${mbedtls}`, "", port, NAME, authorities, now, seed, 60),
        );
      } catch (error) {
        throw new Error(`PIPIT_SEED=${seed}: ${error}`);
      }
    },
  );
}
