// Codes that other isolates of this location have redeemed, by Workers' Cache API: best effort, for another location
// does not see them, and neither does a request of the same moment. The code's 60 seconds and its verifier, secret or
// nonce do the rest.
import { withTimeout } from "../with-timeout.ts";

/** The part of the Cache API that is used. */
export interface ResponseCache {
  match(address: string): Promise<Response | undefined>;
  put(address: string, response: Response): Promise<void>;
}

export interface UsedCodes {
  /** @param id random, of the code; false also where the cache fails or hangs */
  wasUsed(id: string): Promise<boolean>;
  /** Comes after the tokens were given out. */
  remember(id: string): void;
}

/** A code's life, twice: clocks differ. */
const rememberSeconds = 120;
/** It lies in the same location. */
const timeoutMs = 200;

/**
 * @param cache undefined where the runtime has none
 * @param issuerUrl the cache keeps what belongs to the hostname of the Worker alone
 * @param waitUntil keeps work going after the response
 */
export function createUsedCodes(
  cache: ResponseCache | undefined,
  issuerUrl: string,
  waitUntil: (work: Promise<void>) => void,
): UsedCodes {
  const addressOf = (id: string) => `${issuerUrl}/used-codes/${id}`;
  return {
    async wasUsed(id) {
      if (cache === undefined) return false;
      try {
        return (await withTimeout(cache.match(addressOf(id)), timeoutMs)) !== undefined;
      } catch {
        return false;
      }
    },
    remember(id) {
      if (cache === undefined) return;
      const headers = { "Cache-Control": `max-age=${rememberSeconds}` };
      waitUntil(cache.put(addressOf(id), new Response("used", { headers })).catch(() => undefined));
    },
  };
}
