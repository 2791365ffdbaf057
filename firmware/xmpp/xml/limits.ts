/** What may come in from the network. Each bound is held before the memory for it is taken. */
export interface Limits {
  /**
   * Bytes of one stanza, or of the stream header, that are kept. RFC 6120 13.12 has servers accept at
   * least 10,000; a device that asks for little gets little.
   */
  readonly stanzaBytes: number;
  /** Bytes of one stanza that are read over without being kept (see {@link TokenSink.start}). */
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
  skippedBytes: 262_144,
  depth: 24,
  attributes: 24,
  nameBytes: 128,
});

/** Bytes of one stanza that go out. RFC 6120 13.12 promises 10,000; the server adds addresses to it. */
export const OUTGOING_STANZA_BYTES = 8_192;
