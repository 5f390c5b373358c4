/**
 * @returns a promise that rejects after a while; the timer of one that lost its race ends with the request
 */
export function deadline(ms: number): Promise<never> {
  return new Promise((_, reject) => {
    AbortSignal.timeout(ms).addEventListener("abort", () => reject(new Error("too late")));
  });
}
