import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type PeerCertificate } from "node:tls";
import { beforeAll, describe, expect, test } from "@jest/globals";
import {
  type Authority,
  type Certificate,
  createAuthority,
  loadAuthority,
} from "../../host-sim/server/certificates.js";
import { badCertificates, goodCertificate } from "../support/bad-certificates.js";

const NAME = "xmpp.test";
const DAY = 24 * 60 * 60 * 1000;

let authority: Authority;

beforeAll(async () => {
  authority = await createAuthority("Pipit test authority");
});

/** What a certificate says, as OpenSSL reads it. */
const parse = ({ certificate }: Certificate) => new X509Certificate(certificate);

/** How many days a certificate is good for, from a day ago on. */
function daysOfValidity(certificate: Certificate): number {
  const { validFrom, validTo } = parse(certificate);
  expect(Math.abs(Date.now() - DAY - Date.parse(validFrom))).toBeLessThan(60_000);
  return (Date.parse(validTo) - Date.parse(validFrom)) / DAY;
}

describe("an authority", () => {
  test("has a certificate that says it may sign others", () => {
    const certificate = parse(authority);
    expect(certificate.subject).toBe("CN=Pipit test authority");
    expect(certificate.ca).toBe(true);
    expect(certificate.checkIssued(certificate)).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(daysOfValidity(authority)).toBe(10 * 365 + 1);
  });

  test("can be stored as PEM and loaded again", async () => {
    const loaded = await loadAuthority(authority.certificate, authority.key);
    expect(await verdict(await loaded.issue({ names: [NAME] }), authority)).toBe("good");
  });

  test("is not loaded with another's key", async () => {
    const { key } = await createAuthority("Another");
    await expect(loadAuthority(authority.certificate, key)).rejects.toThrow(
      "the private key is not that of the authority's certificate",
    );
  });

  test("can have another below it, whose certificate the server sends along", async () => {
    const delegate = await authority.delegate("Below");
    expect(parse(delegate).ca).toBe(true);
    const leaf = await delegate.issue({ names: [NAME] });
    const chain = { certificate: leaf.certificate + delegate.certificate, key: leaf.key };
    expect(await verdict(chain, authority)).toBe("good");
  });
});

describe("a server's certificate", () => {
  test("is signed by the authority, for a server that is no authority", async () => {
    const issued = await authority.issue({ names: [NAME, "pubsub.xmpp.test"] });
    const certificate = parse(issued);
    expect(certificate.subject).toBe(`CN=${NAME}`);
    expect(certificate.checkIssued(parse(authority))).toBe(true);
    expect(certificate.verify(parse(authority).publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]); // serverAuth
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
    expect(certificate.checkPrivateKey(createPrivateKey(issued.key))).toBe(true);
    expect(daysOfValidity(issued)).toBe(366);
  });

  test("has a key and a serial number of its own", async () => {
    const [one, other] = [
      await authority.issue({ names: [NAME] }),
      await authority.issue({ names: [NAME] }),
    ];
    expect(one.key).not.toBe(other.key);
    expect(parse(one).serialNumber).not.toBe(parse(other).serialNumber);
  });

  test.each([
    { name: "xmpp.test", text: "DNS:xmpp.test" },
    { name: "*.xmpp.test", text: "DNS:*.xmpp.test" },
    { name: "bücher.test", text: "DNS:xn--bcher-kva.test" },
    { name: "127.0.0.1", text: "IP Address:127.0.0.1" },
    { name: "::1", text: "IP Address:0:0:0:0:0:0:0:1" },
    { name: "fd00::1:0:0:2", text: "IP Address:FD00:0:0:0:1:0:0:2" },
    { name: "2001:db8:1:2:3:4:5:6", text: "IP Address:2001:DB8:1:2:3:4:5:6" },
    { name: "::ffff:192.0.2.1", text: "IP Address:0:0:0:0:0:FFFF:C000:201" },
  ])("names $name as $text", async ({ name, text }) => {
    expect(parse(await authority.issue({ names: [name] })).subjectAltName).toBe(text);
  });

  test.each([
    ["2049-12-31T23:59:59Z", "Dec 31 23:59:59 2049 GMT"],
    ["2050-01-01T00:00:00Z", "Jan  1 00:00:00 2050 GMT"],
  ])("may end on %s", async (notAfter, text) => {
    const issued = await authority.issue({ names: [NAME], notAfter: new Date(notAfter) });
    expect(parse(issued).validTo).toBe(text);
  });

  test.each(["", "no spaces", "127.1", "fe80::1%eth0"])("cannot be for %j", async (name) => {
    await expect(authority.issue({ names: [name] })).rejects.toThrow(
      `a certificate cannot be for "${name}": not a domain name or IP address`,
    );
  });

  test("cannot end before it begins", async () => {
    const notAfter = new Date("2020-01-01");
    await expect(authority.issue({ names: [NAME], notAfter })).rejects.toThrow(
      /^the certificate would end \(2020-01-01T00:00:00.000Z\) before it begins \(/,
    );
  });
});

describe("in a TLS handshake", () => {
  test("a certificate as issued is good", async () => {
    expect(await verdict(await goodCertificate(authority, [NAME]), authority)).toBe("good");
  });

  test("RSA keys of 2,048 bits are good, the authority's too", async () => {
    const root = await createAuthority("RSA", { keyType: "RSA-2048" });
    const certificate = await root.issue({ names: [NAME], keyType: "RSA-2048" });
    expect(await verdict(certificate, root)).toBe("good");
  });

  /** How Node names the one fault of each. */
  const objections: Record<keyof typeof badCertificates, RegExp> = {
    "for another name": /not for xmpp.test/,
    "with the name as common name only": /not for xmpp.test/,
    expired: /CERT_HAS_EXPIRED/,
    "not yet valid": /CERT_NOT_YET_VALID/,
    "self-signed": /DEPTH_ZERO_SELF_SIGNED_CERT/,
    "from an unknown authority": /UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
    "from a server posing as an authority": /key usage does not include certificate signing/,
    "without the authority between it and the root": /UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
    "for a client": /INVALID_PURPOSE/,
    "with a weak key": /key too weak/,
  };

  test.each(Object.entries(badCertificates))(
    "a certificate %s is refused",
    async (name, source) => {
      const certificate = await source(authority, [NAME]);
      expect(await verdict(certificate, authority)).toMatch(
        objections[name as keyof typeof objections],
      );
    },
  );
});

/** Connects to a server that has this certificate; returns the client's objection, or `good`. */
async function verdict(certificate: Certificate, trusted: Certificate): Promise<string> {
  const server = createServer({ cert: certificate.certificate, key: certificate.key });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const socket = connect({
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    servername: NAME,
    ca: trusted.certificate,
    checkServerIdentity,
    // Level 2 wants 112 bits of security: RSA keys of 2,048 bits.
    ciphers: "DEFAULT:@SECLEVEL=2",
  });
  try {
    await once(socket, "secureConnect");
    return "good";
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return `${code}: ${message}`;
  } finally {
    socket.destroy();
    server.close();
  }
}

/** Node's own check takes a common name when there are no alternative names, against RFC 9525 2. */
function checkServerIdentity(name: string, { raw }: PeerCertificate): Error | undefined {
  const matches = new X509Certificate(raw).checkHost(name, { subject: "never" }) !== undefined;
  return matches ? undefined : new Error(`not for ${name}`);
}
