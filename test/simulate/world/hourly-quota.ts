// A quota of GitHub for one credential of the deployment, which all people share: so many calls an hour.
import type { AnsweredResponse } from "../../../src/worker/github/outcomes.ts";
import { hourMs } from "./habits.ts";

export const callsAnHour = 5_000;

export class HourlyQuota {
  readonly #now: () => number;
  #windowEndsAt = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @param isNotModified whether nothing has changed, which costs nothing
   * @returns the response, as the product reads it
   */
  answer(isNotModified: boolean): AnsweredResponse {
    if (this.#windowEndsAt <= this.#now()) {
      this.#windowEndsAt = this.#now() + hourMs;
      this.#used = 0;
    }
    const isSpent = this.#used >= callsAnHour;
    if (!isSpent && !isNotModified) this.#used += 1;
    const headers = new Headers({
      "x-ratelimit-limit": String(callsAnHour),
      "x-ratelimit-remaining": String(callsAnHour - this.#used),
      "x-ratelimit-reset": String(Math.ceil(this.#windowEndsAt / 1000)),
    });
    const status = isSpent ? 403 : isNotModified ? 304 : 200;
    return { kind: "answered", status, headers, json: {}, message: isSpent ? "API rate limit exceeded" : "" };
  }
}
