import {
  type Authority,
  type Certificate,
  createAuthority,
  loadAuthority,
  selfSigned,
} from "../../host-sim/server/certificates.js";

/** How to get a certificate for a server with these names from the authority that its clients trust. */
export type CertificateSource = (
  authority: Authority,
  names: readonly string[],
) => Promise<Certificate>;

export const goodCertificate: CertificateSource = (authority, names) => authority.issue({ names });

const daysFromNow = (days: number) => new Date(Date.now() + days * 24 * 60 * 60 * 1000);

const chained = (leaf: Certificate, issuer: Certificate): Certificate => ({
  certificate: leaf.certificate + issuer.certificate,
  key: leaf.key,
});

/** Certificates that a client must refuse. Each has one fault, and is good otherwise. */
export const badCertificates = {
  "for another name": (authority) => authority.issue({ names: ["elsewhere.test"] }),

  "with the name as common name only": (authority, names) =>
    authority.issue({ names: [], commonName: names[0] ?? "" }),

  expired: (authority, names) =>
    authority.issue({ names, notBefore: daysFromNow(-9), notAfter: daysFromNow(-1) }),

  "not yet valid": (authority, names) =>
    authority.issue({ names, notBefore: daysFromNow(1), notAfter: daysFromNow(9) }),

  "self-signed": (_authority, names) => selfSigned({ names }),

  "from an unknown authority": async (_authority, names) =>
    (await createAuthority("Nobody knows me")).issue({ names }),

  "from a server posing as an authority": async (authority, names) => {
    const server = await authority.issue({ names: ["elsewhere.test"] });
    const impostor = await loadAuthority(server.certificate, server.key);
    return chained(await impostor.issue({ names }), server);
  },

  "without the authority between it and the root": async (authority, names) =>
    (await authority.delegate("Missing link")).issue({ names }),

  "for a client": (authority, names) => authority.issue({ names, purpose: "clientAuth" }),

  "with a weak key": (authority, names) => authority.issue({ names, keyType: "RSA-1024" }),
} satisfies Record<string, CertificateSource>;
