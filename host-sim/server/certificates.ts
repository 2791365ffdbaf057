/**
 * X.509 certificates for the embedded server and for tests (RFC 5280; names after RFC 9525).
 *
 * `issue` makes what a server should have unless it is told otherwise, and can be told enough to make
 * the certificates that a client must refuse: too old, for another name or purpose, with a weak key,
 * from an authority that is none.
 */

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { isIP, isIPv4 } from "node:net";
import { domainToASCII } from "node:url";
import { promisify } from "node:util";
import * as der from "./der.js";

/** A certificate and its private key, both PEM (the key PKCS #8, not encrypted). */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** What may be asked of any certificate. */
export interface CertificateOptions {
  /** The start of its validity; a day ago when absent, for devices whose clock is behind. */
  readonly notBefore?: Date;
  /** The end of its validity; a year from now when absent, ten for an authority. */
  readonly notAfter?: Date;
  /** The kind of its key; `P-256` when absent, which is what all our TLS stacks can do. */
  readonly keyType?: KeyType;
}

export type KeyType = "P-256" | "RSA-2048" | "RSA-1024";

/** What may be asked of a server's certificate. */
export interface LeafOptions extends CertificateOptions {
  /**
   * The subject alternative names: domain names, which may begin with `*.` and need not be ASCII, and
   * IP addresses. With none the certificate has no such extension.
   */
  readonly names: readonly string[];
  /** The subject's common name, which clients ignore (RFC 9525 2); the first of `names` when absent. */
  readonly commonName?: string;
  /** The extended key usage, one or several; `serverAuth` when absent. */
  readonly purpose?: Purpose | readonly Purpose[];
}

export type Purpose = "serverAuth" | "clientAuth";

/** A certificate authority: a certificate whose key signs others. */
export interface Authority extends Certificate {
  /**
   * Makes a new key and a certificate for it.
   * @throws RangeError for a name that cannot stand in a certificate, or a validity that ends before it begins
   */
  issue(options: LeafOptions): Promise<Certificate>;
  /**
   * Makes an authority below this one. A server must send its certificate after the one it issued.
   * @throws RangeError for a validity that ends before it begins
   */
  delegate(name: string, options?: CertificateOptions): Promise<Authority>;
}

/**
 * Makes a root authority.
 * @throws RangeError for a validity that ends before it begins
 */
export async function createAuthority(
  name: string,
  options: CertificateOptions = {},
): Promise<Authority> {
  return authority(await certify(authorityProfile(name), options));
}

/**
 * An authority that was made before. Any certificate will do, so that tests can have one issue that may not.
 * @throws Error when one of the two is not PEM, or they do not belong together
 */
export async function loadAuthority(certificatePem: string, keyPem: string): Promise<Authority> {
  if (!new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem)))
    throw new Error("the private key is not that of the authority's certificate");
  return authority({ certificate: certificatePem, key: keyPem });
}

/**
 * Makes a server's certificate that nobody vouches for: it is signed with its own key.
 * @throws RangeError as `Authority.issue` does
 */
export async function selfSigned(options: LeafOptions): Promise<Certificate> {
  return certify(leafProfile(options), options);
}

function authority(own: Certificate): Authority {
  return {
    ...own,
    issue: async (options) => certify(leafProfile(options), options, own),
    delegate: async (name, options = {}) =>
      authority(await certify(authorityProfile(name), options, own)),
  };
}

/** What tells an authority's certificate from a server's. */
interface Profile {
  readonly commonName: string;
  readonly years: number;
  readonly extensions: readonly Buffer[];
}

const authorityProfile = (name: string): Profile => ({
  commonName: name,
  years: 10,
  extensions: [
    extension("basicConstraints", true, der.sequence(der.boolean(true))),
    // keyCertSign and cRLSign, bits 5 and 6 (RFC 5280 4.2.1.3).
    extension("keyUsage", true, der.bitString(Buffer.of(0b0000_0110), 1)),
  ],
});

const leafProfile = ({ names, commonName, purpose = "serverAuth" }: LeafOptions): Profile => ({
  commonName: commonName ?? names[0] ?? "",
  years: 1,
  extensions: [
    extension("basicConstraints", true, der.sequence()),
    // digitalSignature, bit 0: all that (EC)DHE key exchange asks for.
    extension("keyUsage", true, der.bitString(Buffer.of(0b1000_0000), 7)),
    extension("extKeyUsage", false, der.sequence(...[purpose].flat().map(purposeOf))),
    ...(names.length === 0
      ? []
      : [extension("subjectAltName", false, der.sequence(...names.map(generalName)))]),
  ],
});

const purposeOf = (purpose: Purpose): Buffer => der.objectIdentifier(OID[purpose]);

/** Makes a key and the certificate for it, signed by `issuer` or, without one, by itself. */
async function certify(
  profile: Profile,
  { notBefore, notAfter, keyType = "P-256" }: CertificateOptions,
  issuer?: Certificate,
): Promise<Certificate> {
  const from = notBefore ?? new Date(Date.now() - DAY);
  const until = notAfter ?? new Date(Date.now() + profile.years * 365 * DAY);
  if (until <= from)
    throw new RangeError(
      `the certificate would end (${until.toISOString()}) before it begins (${from.toISOString()})`,
    );

  const { publicKey, privateKey } = await generateKey(keyType);
  const subject = distinguishedName(profile.commonName);
  const signer = issuer === undefined ? privateKey : createPrivateKey(issuer.key);
  const algorithm = signatureAlgorithm(signer);
  const toBeSigned = der.sequence(
    der.tagged(0, der.integer(Buffer.of(2))), // version 3
    der.integer(serialNumber()),
    algorithm,
    issuer === undefined ? subject : subjectOf(issuer),
    der.sequence(der.time(from), der.time(until)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der.tagged(
      3,
      der.sequence(
        ...profile.extensions,
        extension("subjectKeyIdentifier", false, der.octetString(keyIdentifier(publicKey))),
        extension(
          "authorityKeyIdentifier",
          false,
          der.sequence(der.taggedBytes(0, keyIdentifier(createPublicKey(signer)))),
        ),
      ),
    ),
  );
  const signature = der.bitString(sign("sha256", toBeSigned, signer));
  return {
    certificate: new X509Certificate(der.sequence(toBeSigned, algorithm, signature)).toString(),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

const DAY = 24 * 60 * 60 * 1000;

const generatePair = promisify(generateKeyPair);

function generateKey(type: KeyType): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  return type === "P-256"
    ? generatePair("ec", { namedCurve: type })
    : generatePair("rsa", { modulusLength: type === "RSA-2048" ? 2048 : 1024 });
}

function signatureAlgorithm(signer: KeyObject): Buffer {
  return signer.asymmetricKeyType === "ec"
    ? der.sequence(der.objectIdentifier(OID.ecdsaWithSHA256))
    : der.sequence(der.objectIdentifier(OID.sha256WithRSAEncryption), der.nothing());
}

/** A positive number of 16 bytes that nobody can predict (RFC 5280 4.1.2.2). */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes;
}

/** SHA-1 of the public key, as most authorities name keys (RFC 5280 4.2.1.2, method 1). */
function keyIdentifier(key: KeyObject): Buffer {
  const [, bits] = der.items(key.export({ type: "spki", format: "der" })) as [Buffer, Buffer];
  return createHash("sha1").update(der.content(bits).subarray(1)).digest();
}

function distinguishedName(commonName: string): Buffer {
  const attribute = der.sequence(der.objectIdentifier(OID.commonName), der.utf8String(commonName));
  return der.sequence(der.setOf(attribute));
}

/** The subject of a certificate byte for byte, as certificates below it must repeat it. */
function subjectOf({ certificate }: Certificate): Buffer {
  const [toBeSigned] = der.items(new X509Certificate(certificate).raw) as [Buffer];
  return der.items(toBeSigned)[5] as Buffer;
}

function extension(name: keyof typeof OID, critical: boolean, content: Buffer): Buffer {
  return der.sequence(
    der.objectIdentifier(OID[name]),
    ...(critical ? [der.boolean(true)] : []),
    der.octetString(content),
  );
}

/** A name as RFC 5280 4.2.1.6 has it: `iPAddress [7]` or `dNSName [2]`, the latter in ASCII. */
function generalName(name: string): Buffer {
  const isAddress = isIP(name) !== 0 && !name.includes("%"); // no zones: they mean nothing elsewhere
  if (isAddress) return der.taggedBytes(7, addressBytes(name));
  const ascii = domainToASCII(name);
  // It turns "127.1" into "127.0.0.1": not what a client would look for.
  if (ascii === "" || isIP(ascii) !== 0)
    throw new RangeError(`a certificate cannot be for "${name}": not a domain name or IP address`);
  return der.taggedBytes(2, Buffer.from(ascii));
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  // A URL writes every IPv6 address in its shortest form, in hexadecimal throughout.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const before = head.split(":").filter(Boolean);
  const after = tail?.split(":").filter(Boolean) ?? [];
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  const groups = [...before, ...zeros, ...after].map((group) => group.padStart(4, "0"));
  return Buffer.from(groups.join(""), "hex");
}

const OID = {
  authorityKeyIdentifier: "2.5.29.35",
  basicConstraints: "2.5.29.19",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  commonName: "2.5.4.3",
  ecdsaWithSHA256: "1.2.840.10045.4.3.2",
  extKeyUsage: "2.5.29.37",
  keyUsage: "2.5.29.15",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  sha256WithRSAEncryption: "1.2.840.113549.1.1.11",
  subjectAltName: "2.5.29.17",
  subjectKeyIdentifier: "2.5.29.14",
};
