import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authority, type Certificate, createAuthority } from "../server/certificates.js";
import { type Federation, hostsFile } from "./federation.js";
import { isRoot, NOBODY, ServerProcess } from "./process.js";

/** How to get a certificate for a server with these names from the authority that its clients trust. */
export type CertificateSource = (
  authority: Authority,
  names: readonly string[],
) => Promise<Certificate>;

/** An installed XMPP server that runs for us alone: on loopback, with data and an authority of its own. */
export interface XmppServer {
  readonly name: "prosody" | "ejabberd";
  readonly domain: string;
  /** The address of its publish-subscribe service. */
  readonly pubsub: string;
  readonly host: "127.0.0.1";
  readonly starttlsPort: number;
  /** Where TLS begins at once (XEP-0368). */
  readonly directPort: number;
  /** The certificate of the authority to trust, PEM. */
  readonly ca: string;
  /** An account that may do anything to the publish-subscribe service. */
  readonly owner: { readonly jid: string; readonly password: string };
  /** Where its configuration and data are; removed by `stop`. */
  readonly folder: string;
  /** Makes an account, which outlives even a kill. Returns its bare address. */
  addAccount(user: string, password: string): Promise<string>;
  /** The end of what the server has printed since it started: the place to look when a test fails. */
  log(): string;
  /** Ends the server and returns when it is gone; one that does not obey the signal is killed. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts the server after a `kill`, with the same data and ports. */
  start(): Promise<void>;
  /** Ends the server in good order, and starts it again. */
  restart(): Promise<void>;
  /** Ends the server at once, if it runs, and removes its data. */
  stop(): Promise<void>;
}

/** What may be asked of either server. */
export interface ServerOptions {
  /** The certificate it shows; a good one when absent. */
  readonly certificate?: CertificateSource;
  /** The SASL mechanisms it offers, of those it has; when absent, all but the insecure ones. */
  readonly mechanisms?: readonly string[];
  /** Whether clients may make accounts of their own (XEP-0077); not when absent. */
  readonly registration?: boolean;
  /** How many bytes a second it takes from a client, after a burst of two seconds' worth; any when absent. */
  readonly rate?: number;
  /** Its domain; `prosody.test` or `ejabberd.test` when absent. */
  readonly domain?: string;
  /** Who issues its certificate; an authority of its own when absent. */
  readonly authority?: Authority;
  /** The other servers that it talks to; none when absent. */
  readonly federation?: Federation;
}

/** The SASL mechanisms that a server must not offer, for the `mechanisms` that it should. */
export function unwantedMechanisms({ mechanisms }: ServerOptions): readonly string[] {
  const scram = ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"];
  const secure = ["PLAIN", ...scram, ...scram.map((name) => `${name}-PLUS`)];
  const unwanted = mechanisms === undefined ? [] : secure.filter((m) => !mechanisms.includes(m));
  return ["DIGEST-MD5", "X-OAUTH2", ...unwanted];
}

/** What a server's configuration is made of. */
export interface Premises
  extends Pick<XmppServer, "domain" | "pubsub" | "host" | "ca" | "owner" | "folder"> {
  /** The file with the server's certificate, those above it, and its key. */
  readonly certificateFile: string;
  /** The file with the certificate of the authority that other servers must have theirs from. */
  readonly authorityFile: string;
  /** The file with the addresses of other servers, if there are any. */
  readonly hosts: string;
}

/** A server that talks to another is the client of that one, and ejabberd looks whether it may be. */
const PURPOSES = ["serverAuth", "clientAuth"] as const;

/** Makes a folder that the server may write to, with a certificate for the domain. */
export async function prepare(name: string, options: ServerOptions): Promise<Premises> {
  const { domain = `${name}.test`, federation } = options;
  const pubsub = `pubsub.${domain}`;
  const authority = options.authority ?? (await createAuthority(`Authority of ${domain}`));
  const source: CertificateSource =
    options.certificate ?? ((issuer, names) => issuer.issue({ names, purpose: PURPOSES }));
  const { certificate, key } = await source(authority, [domain, pubsub]);
  const folder = await mkdtemp(join(tmpdir(), "pipit-"));
  const certificateFile = join(folder, "certificate.pem");
  await writeFile(certificateFile, certificate + key);
  const authorityFile = join(folder, "authority.pem");
  await writeFile(authorityFile, authority.certificate);
  const hosts = join(folder, "hosts");
  if (federation !== undefined) await writeFile(hosts, hostsFile(federation));
  if (isRoot) await chown(folder, NOBODY, NOBODY);
  return {
    domain,
    pubsub,
    host: "127.0.0.1",
    ca: authority.certificate,
    owner: { jid: `owner@${domain}`, password: "the owner's password" },
    folder,
    certificateFile,
    authorityFile,
    hosts,
  };
}

/** How one kind of server is run. */
export interface Recipe extends Premises, Pick<XmppServer, "name" | "starttlsPort" | "directPort"> {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What it prints when its ports are open. */
  readonly ready: readonly string[];
  /** Makes an account while the server runs, on disk when it returns. */
  register(user: string, password: string): Promise<void>;
}

/** Starts a server, and makes the owner's account. */
export async function run(recipe: Recipe): Promise<XmppServer> {
  const { command, environment, ready, register, ...rest } = recipe;
  let running: ServerProcess | undefined;
  const server: XmppServer = {
    ...rest,
    async addAccount(user, password) {
      await register(user, password);
      return `${user}@${recipe.domain}`;
    },
    log: () => running?.log() ?? "",
    async kill(signal) {
      await running?.kill(signal);
    },
    async start() {
      running = await ServerProcess.start(recipe);
    },
    async restart() {
      await server.kill("SIGTERM");
      await server.start();
    },
    async stop() {
      await server.kill("SIGKILL");
      await rm(recipe.folder, { recursive: true, force: true });
    },
  };
  try {
    await server.start();
    await server.addAccount("owner", recipe.owner.password);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}
