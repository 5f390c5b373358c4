import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  consentPage,
  installedPage,
  mistakePage,
  refusalPage,
  signedOutPage,
  signOutPage,
} from "../../../../src/worker/sign-in/pages.ts";
import { refusal } from "../../../../src/worker/sign-in/refusal.ts";

const hostile = `"><script>alert(1)</script>'&`;
const refused = refusal("refused", { problem: hostile, hint: hostile }, hostile);

const pages = [
  ["a refusal", () => refusalPage(refused, `https://a.example/?x=${hostile}`), 403],
  ["a refusal without a way back", () => refusalPage(refused, null), 403],
  ["an undetermined sign-in", () => refusalPage({ ...refused, kind: "undetermined" }, null), 503],
  ["a mistake", () => mistakePage(hostile, hostile), 400],
  ["the question before a code", () => consentPage({ client: hostile, login: hostile, form: hostile }), 200],
  ["the question before signing out", () => signOutPage(hostile), 200],
  ["the end of signing out", () => signedOutPage(), 200],
  ["the page after an installation", () => installedPage(), 200],
] as const;

describe.each(pages)("%s", (_, make, status) => {
  test("allows no script, no frame, no other source, no address in a referrer and no copy", async () => {
    const response = make();
    const policy = response.headers.get("content-security-policy");
    expect(response.status).toBe(status);
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; frame-ancestors 'none'; base-uri 'none'$/,
    );
    expect(response.headers.get("x-frame-options")).toBe("DENY");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  });

  test("holds exactly the style that its policy names", async () => {
    const response = make();
    const style = /<style>(.*)<\/style>/s.exec(await response.text())?.[1] ?? "";
    const digest = createHash("sha256").update(style).digest("base64");
    expect(response.headers.get("content-security-policy")).toContain(`'sha256-${digest}'`);
  });

  test("escapes what comes from outside", async () => {
    const text = await make().text();
    expect(text).not.toContain("<script");
    expect(text).not.toContain(`"><`.concat("script"));
  });

  test("tells a screen reader its language, its title and its heading", async () => {
    const text = await make().text();
    const title = /<title>(.+)<\/title>/.exec(text)?.[1];
    expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(text).toContain(`<h1>${title}</h1>`);
  });
});

test("a page sets cookies and a time to wait", () => {
  const response = mistakePage("p", "h", { cookies: ["a=1", "b=2"], retryAfterSeconds: 7 });
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(response.headers.get("retry-after")).toBe("7");
});
