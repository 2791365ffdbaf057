import { describe, test } from "@jest/globals";
import { crypto } from "../../host-sim/node/crypto.js";
import { cryptoConformance } from "../conformance/crypto.js";

describe("crypto on Node", () => cryptoConformance(crypto, test));
