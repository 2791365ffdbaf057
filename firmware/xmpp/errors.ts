/**
 * The one family of errors. Each has the condition name that its RFC or XEP defines, a text for people,
 * and a word on what trying again would bring.
 */

/**
 * Whether trying again makes sense: `now`, with the usual backoff; `later`, after a long wait, because
 * haste would make it worse; `never`, because nothing changes until a person changes something.
 */
export type Retry = "now" | "later" | "never";

/** What all errors of the firmware have in common. */
export abstract class XmppError extends Error {
  /** The defined condition, such as `not-authorized`. */
  readonly condition: string;
  /** What the peer or the code said about it; may be empty. */
  readonly text: string;
  readonly retry: Retry;

  constructor(name: string, condition: string, text: string, retry: Retry) {
    super(text === "" ? condition : `${condition}: ${text}`);
    // No assignment: where the prototypes of errors are in flash, it would throw.
    Object.defineProperty(this, "name", { value: name });
    this.condition = condition;
    this.text = text;
    this.retry = retry;
  }
}

/** After some conditions of RFC 6120 4.9.3 reconnecting in haste does harm, or is of no use. */
function retryAfter(condition: string): Retry {
  switch (condition) {
    case "conflict":
    case "host-gone":
    case "host-unknown":
    case "policy-violation":
    case "resource-constraint":
    case "unsupported-encoding":
    case "unsupported-version":
      return "later";
    default:
      return "now";
  }
}

/** A stream error (RFC 6120 4.9), sent by the peer or found in what it sent. */
export class StreamError extends XmppError {
  constructor(condition: string, text = "", retry: Retry = retryAfter(condition)) {
    super("StreamError", condition, text, retry);
  }
}

/** The `type` attribute of a stanza error (RFC 6120 8.3.2). */
export type StanzaErrorType = "auth" | "cancel" | "continue" | "modify" | "wait";

/** A stanza error (RFC 6120 8.3): the answer to one stanza. The stream goes on. */
export class StanzaError extends XmppError {
  readonly type: StanzaErrorType;
  /** A condition that an extension defines on top, such as `precondition-not-met` (XEP-0060). */
  readonly specific: string | undefined;

  constructor(condition: string, type: StanzaErrorType, text = "", specific?: string) {
    super("StanzaError", condition, text, type === "wait" ? "later" : "never");
    this.type = type;
    this.specific = specific;
  }
}

/** Some conditions of RFC 6120 6.5 last until a person does something about the account or the settings. */
function retryAuthentication(condition: string): Retry {
  switch (condition) {
    case "account-disabled":
    case "credentials-expired":
    case "encryption-required":
    case "invalid-authzid":
    case "invalid-mechanism":
    case "not-authorized":
      return "never";
    default:
      return "later";
  }
}

/** A failed authentication (RFC 6120 6.5), or a server that did not prove itself. */
export class SaslError extends XmppError {
  /** The mechanism in use, or empty when none could be chosen. */
  readonly mechanism: string;

  constructor(condition: string, text = "", mechanism = "") {
    super("SaslError", condition, text, retryAuthentication(condition));
    this.mechanism = mechanism;
  }
}

/** The connection itself: names that do not resolve, refused or lost connections, TLS, time-outs. */
export class TransportError extends XmppError {
  constructor(condition: string, text = "", retry: Retry = "now") {
    super("TransportError", condition, text, retry);
  }
}

/** Storage that failed, or is full beyond what tidying up gives back. What it held before is unharmed. */
export class StorageError extends XmppError {
  constructor(condition: string, text: string) {
    super("StorageError", condition, text, "later");
  }
}

/** Something that the caller handed in cannot be used. Thrown at once, where the mistake is. */
export class ConfigError extends XmppError {
  constructor(condition: string, text = "") {
    super("ConfigError", condition, text, "never");
  }
}
