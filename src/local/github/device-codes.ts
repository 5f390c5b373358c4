// Codes of the device flow: a program polls with one, and a person enters the other on GitHub's page.
import { randomBytes } from "node:crypto";
import type { StandInAccount } from "./accounts.ts";
import type { StandInApp } from "./apps.ts";

export interface DeviceCode {
  readonly app: StandInApp;
  /** What the program polls with. */
  readonly deviceCode: string;
  /** What the person enters. */
  readonly userCode: string;
  readonly endsAtMs: number;
  /** What the person decided on the page. */
  decision: { readonly kind: "pending" | "denied" } | { readonly kind: "approved"; readonly account: StandInAccount };
  intervalSeconds: number;
  lastPolledAtMs: number | null;
}

type Poll =
  | { readonly kind: PollError }
  | { readonly kind: "slow_down"; readonly intervalSeconds: number }
  | { readonly kind: "account"; readonly account: StandInAccount };

type PollError =
  | "incorrect_device_code"
  | "expired_token"
  | "authorization_pending"
  | "access_denied"
  | "unverified_user_email";

export const deviceCodeLifeSeconds = 900;
const firstIntervalSeconds = 5;
const addedSeconds = 5;

export class DeviceCodes {
  readonly #now: () => Date;
  #codes: readonly DeviceCode[] = [];

  constructor(now: () => Date) {
    this.#now = now;
  }

  issue(app: StandInApp): DeviceCode {
    const digits = randomBytes(4).toString("hex").toUpperCase();
    const code: DeviceCode = {
      app,
      deviceCode: randomBytes(20).toString("hex"),
      userCode: `${digits.slice(0, 4)}-${digits.slice(4)}`,
      endsAtMs: this.#now().getTime() + deviceCodeLifeSeconds * 1000,
      decision: { kind: "pending" },
      intervalSeconds: firstIntervalSeconds,
      lastPolledAtMs: null,
    };
    this.#codes = [...this.#codes, code];
    return code;
  }

  /** @returns a code that waits for a person's decision; null for all others */
  byUserCode(text: string): DeviceCode | null {
    const entered = text.replace(/[^A-Za-z0-9]/g, "").toUpperCase();
    const found = this.#codes.find(({ userCode }) => userCode.replace("-", "") === entered);
    return found === undefined || this.#hasEnded(found) || found.decision.kind !== "pending" ? null : found;
  }

  /**
   * A poll that comes too early costs five seconds more, for this and all later polls, even after the person's
   * approval: recorded in charmbracelet/crush issue 3399. A program's first poll is never too early.
   */
  poll(app: StandInApp, deviceCode: string | null): Poll {
    const code = this.#codes.find((one) => one.app === app && one.deviceCode === deviceCode);
    if (code === undefined) return { kind: "incorrect_device_code" };
    if (this.#hasEnded(code)) return { kind: "expired_token" };
    const nowMs = this.#now().getTime();
    const isEarly = code.lastPolledAtMs !== null && nowMs - code.lastPolledAtMs < code.intervalSeconds * 1000;
    code.lastPolledAtMs = nowMs;
    if (isEarly) {
      code.intervalSeconds += addedSeconds;
      return { kind: "slow_down", intervalSeconds: code.intervalSeconds };
    }
    switch (code.decision.kind) {
      case "pending":
        return { kind: "authorization_pending" };
      case "denied":
        return { kind: "access_denied" };
      case "approved":
        if (!code.decision.account.hasVerifiedEmail) return { kind: "unverified_user_email" };
        this.#codes = this.#codes.filter((one) => one !== code);
        return { kind: "account", account: code.decision.account };
    }
  }

  #hasEnded({ endsAtMs }: DeviceCode): boolean {
    return endsAtMs <= this.#now().getTime();
  }
}
