import { X509Certificate } from "node:crypto";
import {
  type Authority,
  type Certificate,
  createAuthority,
  selfSigned,
} from "../../host-sim/server/certificates.js";
import type { TLSCase } from "../conformance/tls.js";
import { badCertificates } from "./bad-certificates.js";

/** Names in certificates, and the names of servers that they do and do not prove. */
const NAMES: { certificate: string[]; commonName?: string; proves?: string[]; not?: string[] }[] = [
  { certificate: ["example.org"], proves: ["example.org", "Example.ORG"], not: ["127.0.0.1"] },
  { certificate: ["other.test", "example.org"], proves: ["example.org"], not: ["example.com"] },
  { certificate: ["localhost"], proves: ["localhost"] },
  { certificate: ["xn--bcher-kva.example"], proves: ["xn--bcher-kva.example"] },
  { certificate: ["127.0.0.1"], proves: ["127.0.0.1"], not: ["127.0.0.2"] },
  { certificate: ["::1"], proves: ["::1", "0:0:0:0:0:0:0:1"], not: ["::2"] },
  {
    certificate: ["*.example.org"],
    proves: ["chat.example.org"],
    not: ["example.org", "one.two.example.org"],
  },
  { certificate: ["w*.example.org"], not: ["www.example.org"] },
  { certificate: ["*w.example.org"], not: ["www.example.org"] },
  { certificate: ["www.*.org"], not: ["www.example.org"] },
  { certificate: ["example.org.test", "an-example.org"], not: ["example.org"] },
  { certificate: ["other.test"], commonName: "example.org", not: ["example.org"] },
  { certificate: ["127.0.0.1"], commonName: "example.org", not: ["example.org"] },
];

/** Servers that a TLS socket must accept, and such as it must refuse. */
export async function makeTLSCases(): Promise<[TLSCase, ...TLSCase[]]> {
  const authority = await createAuthority("Pipit test authority");
  const other = await createAuthority("Another authority");
  const cases: TLSCase[] = [];
  const add = (name: string, server: Certificate, rest: Partial<TLSCase> = {}) => {
    const trusted = authority.certificate;
    cases.push({ name, server, trusted, serverName: "example.org", isAccepted: true, ...rest });
  };

  for (const { certificate: names, commonName, proves = [], not = [] } of NAMES) {
    const server = await authority.issue({ names, ...(commonName && { commonName }) });
    const title = `for ${names}${commonName ? `, common name ${commonName},` : ""} as`;
    for (const serverName of proves) {
      add(`${title} ${serverName} (pitfall 16)`, server, { serverName });
    }
    for (const serverName of not) {
      add(`${title} ${serverName} (pitfall 16)`, server, { serverName, isAccepted: false });
    }
  }

  for (const [fault, make] of Object.entries(badCertificates)) {
    const server = await make(authority, ["example.org"]);
    add(fault, server, { isAccepted: false });
  }

  const good = await authority.issue({ names: ["example.org"] });
  add("from an authority given as DER", good, {
    trusted: new Uint8Array(new X509Certificate(authority.certificate).raw),
  });
  add("from the second of two authorities", good, {
    trusted: `${other.certificate}\n${authority.certificate}`,
  });
  add("from an authority other than the trusted one", good, {
    trusted: other.certificate,
    isAccepted: false,
  });
  add("from an intermediate authority that the server sends", await chained(authority));
  add("with an RSA key", await authority.issue({ names: ["example.org"], keyType: "RSA-2048" }));
  const own = await selfSigned({ names: ["example.org"] });
  add("self-signed, and trusted itself,", own, { trusted: own.certificate });
  return cases as [TLSCase, ...TLSCase[]];
}

async function chained(authority: Authority): Promise<Certificate> {
  const between = await authority.delegate("In between");
  const leaf = await between.issue({ names: ["example.org"] });
  return { certificate: leaf.certificate + between.certificate, key: leaf.key };
}
