/** What may come in from the network. Each bound is held before the memory for it is taken. */
export interface Limits {
  /**
   * Bytes of one stanza, or of the stream header, that are kept. RFC 6120 13.12 has servers accept at
   * least 10,000; a device that asks for little gets little.
   */
  readonly stanzaBytes: number;
  /**
   * How many of these bytes an element counts for beside its own, and again for each two of its attributes: what is
   * short in a stream may be long in memory.
   */
  readonly elementBytes: number;
  /**
   * Bytes of one stanza that are read over without being kept (see {@link TokenSink}): more than the 512 kB that
   * servers let each other send (Prosody 0.12), so that nobody else's stanza ends our stream.
   */
  readonly skippedBytes: number;
  /** Open elements, the stream's own included. */
  readonly depth: number;
  /** Attributes of one element, namespace declarations included. */
  readonly attributes: number;
  /** Bytes of one element or attribute name. */
  readonly nameBytes: number;
}

export const LIMITS: Limits = Object.freeze({
  stanzaBytes: 10_000,
  elementBytes: 0,
  skippedBytes: 600_000,
  depth: 24,
  attributes: 24,
  nameBytes: 128,
});

/** Bytes of one stanza that go out. RFC 6120 13.12 promises 10,000; the server adds addresses to it. */
export const OUTGOING_STANZA_BYTES = 8_192;
