/** What SASL mechanisms have in common (RFC 4422), and how one is chosen. */

import type { Crypto } from "../../io.js";
import { ConfigError, SaslError } from "../errors.js";
import { Plain } from "./plain.js";
import { Scram, type ScramKeyCache } from "./scram.js";

/** One authentication exchange, seen from the client. Each object serves once. */
export interface Mechanism {
  readonly name: MechanismName;
  /** The initial response. */
  start(): Uint8Array;
  /**
   * Answers a challenge. The answer may come later, because deriving keys takes time.
   * @throws SaslError when the server breaks the protocol or asks too much
   */
  challenge(data: Uint8Array, respond: (response: Uint8Array) => void): void;
  /**
   * The server reports success.
   * @throws SaslError when it has not proved what this mechanism has it prove
   */
  success(data: Uint8Array): void;
  /** The server reports that what was sent does not prove who we are. */
  refused?(): void;
}

/** The mechanisms there are, the strongest first. */
export const MECHANISMS = Object.freeze(["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"] as const);
export type MechanismName = (typeof MECHANISMS)[number];

/** What a device proves itself with. */
export interface Credentials {
  /** The local part of the account's JID. */
  readonly username: string;
  /** Absent on a device that was given keys alone. */
  readonly password?: string;
  /** Keys derived earlier; those derived now are added. */
  readonly keys: ScramKeyCache;
  /** What the server offered last time: what to try before it has said what it offers now. */
  offered?: readonly string[];
}

/** What a server may ask of us. */
export interface SaslPolicy {
  /** The weakest mechanism to use. */
  readonly floor: MechanismName;
  /** The most iterations of PBKDF2 to run: each thousand takes a microcontroller a third of a second. */
  readonly maxIterations: number;
}

/** Whether `name` may be used at all, with these credentials and under this policy. */
function isUsable(name: MechanismName, credentials: Credentials, policy: SaslPolicy): boolean {
  if (MECHANISMS.indexOf(name) > MECHANISMS.indexOf(policy.floor)) return false;
  if (credentials.password !== undefined) return true;
  return name !== "PLAIN" && credentials.keys.has(name === "SCRAM-SHA-1" ? "sha-1" : "sha-256");
}

/**
 * The mechanisms that may be used, the strongest first.
 * @throws ConfigError `credentials` when there are none
 */
export function usableMechanisms(credentials: Credentials, policy: SaslPolicy): MechanismName[] {
  const usable = MECHANISMS.filter((name) => isUsable(name, credentials, policy));
  if (usable.length === 0)
    throw new ConfigError(
      "credentials",
      `a password is needed, or stored keys for ${policy.floor} or better`,
    );
  return usable;
}

/**
 * Chooses the strongest mechanism.
 * @param offered what the server offers, or `undefined` before it has said so: then the strongest of what it
 *   offered last time, or of ours, if it is one that shows nothing to a server that does not know the password
 * @returns `undefined` when nothing may be used unseen
 * @throws SaslError `invalid-mechanism` when nothing that is offered may be used
 */
export function chooseMechanism(
  offered: readonly string[] | undefined,
  credentials: Credentials,
  policy: SaslPolicy,
  crypto: Crypto,
): Mechanism | undefined {
  const usable = usableMechanisms(credentials, policy);
  const last = usable.find((name) => credentials.offered?.includes(name)) ?? usable[0];
  const name = offered === undefined ? last : usable.find((name) => offered.includes(name));
  if (name === undefined)
    throw new SaslError(
      "invalid-mechanism",
      `the server offers ${offered?.join(", ") || "none"}, and ${usable.join(", ")} may be used`,
    );
  if (name !== "PLAIN") return new Scram(name, credentials, policy.maxIterations, crypto);
  return offered === undefined ? undefined : new Plain(credentials);
}
