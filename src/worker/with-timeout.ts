// A limit on how long the Worker waits for others: KV, GitHub and the rate limiter may hang.

/**
 * @param work goes on after the limit: only the waiting ends
 * @param ms the limit in milliseconds
 * @returns what the work comes to; rejects as it does, and when it takes longer than the limit
 */
export async function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    // Node and Workers differ about what clearTimeout takes besides a timer.
    if (timer !== undefined) clearTimeout(timer);
  }
}
