import { expect, test } from "vitest";
import { printable } from "../../../../../src/cli/commands/doctor/check.ts";

const link = `https://github.com/orgs/acme/sso?authorization_request=${"A1".repeat(100)}`;

test.each([
  ["a short text", "a short text"],
  ["two\nlines\u0007", "two lines"],
  ["a".repeat(300), `${"a".repeat(200)}…`],
  [`authorise it: ${link}`, `authorise it: ${link}`],
  [`authorise it: ${link} and try again`, `authorise it: ${link} …`],
  [`${"a ".repeat(150)}${link}`, `${"a ".repeat(100)}…`],
  [`https://${"a".repeat(2000)}`, `https://${"a".repeat(192)}…`],
])("what a server says becomes one line of a bounded length, and a link stays whole: %j", (text, line) => {
  expect(printable(text)).toBe(line);
});
