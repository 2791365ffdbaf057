import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Timer } from "../../../firmware/io.js";
import type { Server } from "../../../host-sim/server/server.js";
import { bindRequest, DOMAIN, HEADER, newServer, plain, Talk } from "./support.js";

const SM = "urn:xmpp:sm:3";
const ENABLE = `<enable xmlns='${SM}' resume='true'/>`;
const R = `<r xmlns='${SM}'/>`;
const message = (text: string): string =>
  `<message to='juliet@${DOMAIN}/board'><body>${text}</body></message>`;
const bodies = (heard: string): string[] =>
  [...heard.matchAll(/<body>(.*?)<\/body>/g)].map((match) => match[1] as string);

let server: Server;
let juliet: Talk;
let romeo: Talk;
let id: string;
/** What waits for the time to pass. */
let expire: (() => void)[];

const timer: Timer = {
  set: (callback) => {
    expire.push(callback);
    return callback;
  },
  clear: (handle) => {
    expire = expire.filter((callback) => callback !== handle);
  },
  now: () => 0,
};

beforeEach(() => {
  expire = [];
  server = newServer({ timer, resumeTime: 60_000 });
  romeo = Talk.online(server, "romeo", "orchard");
  juliet = Talk.online(server, "juliet", "board");
  id = /<enabled [^>]*id='([^']*)'/.exec(juliet.say(ENABLE))?.[1] ?? "";
  juliet.hear();
});

/** Logs in again and asks for the session. */
function resume(h: number, username = "juliet", previd = id): { talk: Talk; heard: string } {
  const talk = new Talk(server);
  talk.say(HEADER + plain(username) + HEADER);
  return { talk, heard: talk.say(`<resume xmlns='${SM}' previd='${previd}' h='${h}'/>`) };
}

test("is offered once a client has logged in, and says for how long", () => {
  const talk = new Talk(server);
  expect(talk.say(HEADER)).not.toContain(SM);
  expect(talk.say(plain("juliet") + HEADER)).toContain(`<sm xmlns='${SM}'/>`);
  expect(talk.say(ENABLE)).toContain("unexpected-request"); // before a resource is bound
  expect(talk.say(bindRequest("other") + ENABLE)).toMatch(/<enabled [^>]*max='60'/);
  expect(talk.say(ENABLE)).toContain("unexpected-request"); // a second time
});

test("counts the client's stanzas, and nothing else (pitfall 42)", () => {
  expect(juliet.say(R)).toBe(`<a xmlns='${SM}' h='0'/>`);
  const ping = "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>";
  expect(juliet.say(`${ping}${R}<presence/>`)).toContain(`<a xmlns='${SM}' h='1'/>`);
  expect(juliet.say(R)).toContain(`<a xmlns='${SM}' h='2'/>`);
});

test("asks for acknowledgements, and ends a stream that acknowledges too much (pitfall 45)", () => {
  for (let i = 0; i < 8; i++) romeo.say(message(String(i)));
  expect(juliet.hear()).toContain(R);
  expect(juliet.say(`<a xmlns='${SM}' h='8'/>`)).toBe("");
  expect(juliet.say(`<a xmlns='${SM}' h='9'/>`)).toContain("undefined-condition");
  expect(juliet.closed).toBe(true);
});

describe("a session whose connection is lost", () => {
  test("is resumed with what the client does not have, in order", () => {
    for (const text of ["one", "two"]) romeo.say(message(text));
    juliet.say("<presence/>"); // handled, though the client cannot know
    juliet.stream.lost();
    expect(romeo.say(message("three"))).toBe(""); // it is there still
    const { talk, heard } = resume(1);
    expect(heard).toContain(`<resumed xmlns='${SM}' previd='${id}' h='1'/>`);
    expect(bodies(heard)).toEqual(["two", "three"]);
    romeo.say(message("four"));
    expect(bodies(talk.hear())).toEqual(["four"]);
    expect(talk.say(`<a xmlns='${SM}' h='5'/>`)).toBe(""); // with its own presence, the second
  });

  test("may be resumed before the server has noticed: the old stream hears of a conflict (pitfall 52)", () => {
    const { talk, heard } = resume(0);
    expect(heard).toContain("<resumed ");
    expect(juliet.hear()).toContain("<conflict ");
    romeo.say(message("one"));
    expect(bodies(talk.hear())).toEqual(["one"]);
  });

  test.each([
    ["an id that nobody has", "juliet", "nonsense"],
    ["another's session", "romeo", undefined],
  ])("is not to be had with %s", (_, username, previd) => {
    juliet.stream.lost();
    const { talk, heard } = resume(0, username, previd ?? id);
    expect(heard).toContain(`<failed xmlns='${SM}'><item-not-found `);
    // And binding goes on on the same stream (pitfall 47).
    expect(talk.say(bindRequest("new"))).toContain("<jid>");
  });

  test("ends when its time is over", () => {
    juliet.stream.lost();
    expect(expire).toHaveLength(1);
    for (const callback of expire) callback();
    expect(romeo.say(message("one"))).toContain("service-unavailable");
    expect(resume(0).heard).toContain("item-not-found");
  });

  test("ends when its address is bound anew", () => {
    juliet.stream.lost();
    Talk.online(server, "juliet", "board");
    expect(expire).toEqual([]);
    expect(resume(0).heard).toContain("item-not-found");
  });

  test("ends with its stream when that is closed in good order", () => {
    juliet.say("</stream:stream>");
    expect(expire).toEqual([]);
    expect(resume(0).heard).toContain("item-not-found");
  });

  test("has no room for ever more", () => {
    juliet.stream.lost();
    for (let i = 0; i < 1_001; i++) romeo.say(message(String(i)));
    expect(romeo.say(message("too much"))).toContain("service-unavailable");
    expect(expire).toEqual([]);
  });
});

test("without the wish to resume, a session ends with its connection", () => {
  const other = Talk.online(server, "juliet", "other");
  expect(other.say(`<enable xmlns='${SM}'/>`)).toBe(`<enabled xmlns='${SM}'/>`);
  other.stream.lost();
  expect(expire).toEqual([]);
});
