import { describe, expect, jest, test } from "@jest/globals";
import { preparePassword } from "../../../firmware/xmpp/sasl/password.js";

describe("pitfall 28: passwords that every server reads alike", () => {
  test.each([
    ["pencil", "pencil"],
    [" spaces at both ends ", " spaces at both ends "],
    ["~!@#$%^&*()_+,=\\\"'<>", "~!@#$%^&*()_+,=\\\"'<>"],
    ["UPPER and lower", "UPPER and lower"],
    ["Grüße", "Grüße"],
    ["Gru\u0308ße", "Grüße"],
    ["пароль", "пароль"],
    ["密码", "密码"],
  ])("%j is taken as %j", (password, prepared) => {
    expect(preparePassword(password)).toBe(prepared);
  });
});

describe("pitfall 28: passwords that servers may read differently are refused", () => {
  test.each([
    ["nothing", ""],
    ["a control character", "pen\x07cil"],
    ["a tab", "pen\tcil"],
    ["DEL", "pencil\x7f"],
    ["a line end", "pencil\n"],
    ["a compatibility character: ª, which NFKC makes an a", "ª"],
    ["a ligature", "ﬁsh"],
    ["a full-width letter", "Ａ"],
    ["a no-break space", "pen\u00a0cil"],
    ["an ideographic space", "pen\u3000cil"],
    ["a soft hyphen, which SASLprep drops", "pen\u00adcil"],
    ["a zero-width joiner, which SASLprep drops", "pen\u200dcil"],
    ["a variation selector, which SASLprep drops", "\u2764\ufe0f"],
    ["a grapheme joiner, which SASLprep drops", "a\u034fb"],
    ["a character for private use", "pen\ue000cil"],
    ["a lone surrogate", "pen\ud800cil"],
    ["an unassigned character", "pen\u0378cil"],
  ])("%s", (_what, password) => {
    expect(() => preparePassword(password)).toThrow(
      expect.objectContaining({ name: "ConfigError", condition: "password", retry: "never" }),
    );
  });

  test("other than ASCII, where the engine has no tables", () => {
    const normalize = jest.spyOn(String.prototype, "normalize").mockImplementation(() => {
      throw new Error("no tables");
    });
    try {
      expect(preparePassword("pencil")).toBe("pencil");
      expect(() => preparePassword("Grüße")).toThrow("use ASCII");
    } finally {
      normalize.mockRestore();
    }
  });

  test("the error does not give the password away", () => {
    expect(() => preparePassword("secret\x07")).toThrow(/^(?!.*secret)/);
  });
});
