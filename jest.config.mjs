const base = {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  // Sources are written with `.js` specifiers, as Node and XS resolve them; jest reads the TypeScript.
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "es6" } },
    ],
  },
};

export default {
  // Nothing is slow by intent; but machines may be busy.
  testTimeout: 60_000,
  projects: [
    {
      ...base,
      displayName: "unit",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: ["/node_modules/", "<rootDir>/test/interop/"],
    },
    { ...base, displayName: "interop", testMatch: ["<rootDir>/test/interop/**/*.test.ts"] },
  ],
};
