import { expect, test } from "@jest/globals";
import { chooseMechanism } from "../../../firmware/xmpp/sasl/mechanism.js";
import { ScramKeyCache } from "../../../firmware/xmpp/sasl/scram.js";
import { crypto } from "../../../host-sim/node/crypto.js";

const policy = { floor: "PLAIN", maxIterations: 10_000 } as const;

test.each([
  ["nothing yet", undefined, "SCRAM-SHA-256"],
  ["SCRAM-SHA-1 as the strongest", ["PLAIN", "SCRAM-SHA-1"], "SCRAM-SHA-1"],
  ["more than before", ["SCRAM-SHA-1", "SCRAM-SHA-256"], "SCRAM-SHA-256"],
  ["nothing of ours", ["EXTERNAL"], "SCRAM-SHA-256"],
  ["PLAIN alone, which is never sent on a guess", ["PLAIN"], undefined],
])(
  "a server that last offered %s is asked for what it will take, unseen",
  (_, offered, expected) => {
    const credentials = {
      username: "juliet",
      password: "pencil",
      keys: new ScramKeyCache(),
      ...(offered === undefined ? {} : { offered }),
    };
    expect(chooseMechanism(undefined, credentials, policy, crypto)?.name).toBe(expected);
  },
);
