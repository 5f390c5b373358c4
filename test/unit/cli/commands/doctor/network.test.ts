import { describe, expect, test } from "vitest";
import {
  checkClock,
  checkConnection,
  checkDns,
  checkTls,
  isCloudflareAddress,
} from "../../../../../src/cli/commands/doctor/checks/network.ts";
import { codeOf, failureText } from "../../../../../src/node/https.ts";

const connect = { host: "auth.acme.dev", port: 443 };

describe("addresses", () => {
  test.each(["104.16.0.1", "104.27.255.255", "172.67.1.2", "188.114.97.3", "2606:4700::6810:1", "2a06:98c1:3121::3"])(
    "%s is Cloudflare's",
    (address) => {
      expect(isCloudflareAddress(address)).toBe(true);
    },
  );

  test.each(["104.28.0.1", "104.15.255.255", "127.0.0.1", "10.0.0.1", "2606:4701::1", "::1"])(
    "%s is not",
    (address) => {
      expect(isCloudflareAddress(address)).toBe(false);
    },
  );

  test("of others are no fault: customers may bring their own", () => {
    const finding = checkDns({ kind: "resolved", addresses: ["104.16.0.1", "192.0.2.1"] }, { connect, proxy: null });
    expect(finding).toEqual({
      state: "ok",
      seen: "104.16.0.1, 192.0.2.1 (not among the addresses that Cloudflare publishes)",
    });
  });

  test("are shown in short where there are many", () => {
    const addresses = Array.from({ length: 9 }, (_, index) => `104.16.0.${index}`);
    expect(checkDns({ kind: "resolved", addresses }, { connect, proxy: null }).seen).toMatch(
      /104\.16\.0\.3, … \(Cloudflare's\)$/,
    );
  });
});

describe("the clock", () => {
  test.each<[number | null, string]>([
    [null, "skipped"],
    [0, "ok"],
    [30_000, "ok"],
    [-31_000, "warning"],
    [300_000, "warning"],
    [-301_000, "broken"],
  ])("that is %s ms off is %s", (errorMs, state) => {
    expect(checkClock(errorMs).state).toBe(state);
  });

  test.each([
    [40_000, "40 s behind"],
    [-40_000, "40 s ahead of"],
    [3 * 3_600_000, "3 h behind"],
    [-400 * 86_400_000, "400 days ahead of"],
  ])("is told in the unit that fits: %s ms", (errorMs, said) => {
    expect(checkClock(errorMs).seen).toContain(said);
  });
});

describe("TLS", () => {
  const serverCertificate = { names: "DNS:auth.acme.dev", issuer: "An Authority", notAfter: "" };
  const complete = { kind: "complete", tcpMs: 1, tlsMs: 1, protocol: "TLSv1.3", asksForCertificate: true } as const;
  const distrusted = (distrust: string) => ({ ...complete, serverCertificate, distrust });

  test("a certificate's time is not checked by a clock that is wrong", () => {
    expect(checkTls(distrusted("CERT_HAS_EXPIRED"), -86_400_000)).toMatchObject({
      state: "skipped",
      blockedBy: "clock",
    });
  });

  test.each([null, 0, 60_000])("but by one that is right, or nearly: %s ms off", (clockErrorMs) => {
    expect(checkTls(distrusted("CERT_HAS_EXPIRED"), clockErrorMs).state).toBe("broken");
  });

  test("a wrong clock is no excuse for anything else", () => {
    expect(checkTls(distrusted("ERR_TLS_CERT_ALTNAME_INVALID"), -86_400_000).state).toBe("broken");
  });

  test("that was trusted is in order, whatever the clock says", () => {
    expect(checkTls({ ...complete, serverCertificate, distrust: null }, -86_400_000).state).toBe("ok");
  });
});

describe("a failure", () => {
  test("is told in words, with the code that people search for", () => {
    expect(failureText(Object.assign(new Error("x"), { code: "ECONNREFUSED" }))).toBe(
      "nothing listens there (ECONNREFUSED)",
    );
    expect(failureText(Object.assign(new Error("x"), { code: "ERR_SSL_WRONG_VERSION_NUMBER" }))).toBe(
      "ERR_SSL_WRONG_VERSION_NUMBER",
    );
    expect(failureText(new Error("something else"))).toBe("something else");
  });

  test("of several addresses is the first one's", () => {
    const refused = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
    expect(codeOf(new AggregateError([refused]))).toBe("ECONNREFUSED");
    expect(
      checkConnection({ kind: "no_connection", why: failureText(new AggregateError([refused])) }, connect),
    ).toMatchObject({ state: "broken", seen: "auth.acme.dev:443: nothing listens there (ECONNREFUSED)" });
  });
});
