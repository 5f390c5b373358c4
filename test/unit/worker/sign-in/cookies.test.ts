// The Cookie header: what counts as a cookie of ours.
import { expect, test } from "vitest";
import { browserCookie, readCookies } from "../../../../src/worker/sign-in/cookies.ts";

/** On Workers a header's text is decoded from UTF-8, which Node's Headers do not take. */
function requestWith(cookie: string): Request {
  const headers = { get: (name: string) => (name === "cookie" ? cookie : null) };
  // readCookies asks the headers alone.
  return { headers } as unknown as Request;
}

test("the first value of each name counts", () => {
  const cookies = readCookies(requestWith(`a=1; ${browserCookie}=one;${browserCookie}=other; b=`));
  expect([...cookies]).toEqual([
    ["a", "1"],
    [browserCookie, "one"],
  ]);
});

test.each(["\u2000", "\u00a0", "\u3000", "\ufeff", "\u2028", "\v", "\f", "\t", "  ", "\u0085", "\u001f", '"', "x"])(
  "a sibling hostname cannot set a cookie of ours by %j before its name",
  (blank) => {
    expect(readCookies(requestWith(`a=1; ${blank}${browserCookie}=of-a-sibling`)).has(browserCookie)).toBe(false);
    expect(readCookies(requestWith(`${blank}${browserCookie}=of-a-sibling`)).has(browserCookie)).toBe(false);
  },
);

test.each(["\u2000", " ", ",", '"'])("a value with %j behind it counts as none", (end) => {
  expect(readCookies(requestWith(`${browserCookie}=value${end}`)).has(browserCookie)).toBe(false);
});
