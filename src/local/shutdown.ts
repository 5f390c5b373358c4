// What has to be ended when the local edge ends, whether it is running, still starting or failed half way. Each part is
// handed over before or right after it starts, and the last one ends first.

type Close = () => Promise<void>;

export interface Closing {
  /** Something that runs now; if the end has come already, it is ended at once. */
  add(close: Close): void;
  /** Ends everything, at most within the time; what fails to end does not keep the rest from it. */
  closeAll(maxMs: number): Promise<void>;
}

export function createClosing(): Closing {
  const parts: Close[] = [];
  let closed = false;
  return {
    add(close) {
      if (closed) void close().catch(() => {});
      else parts.push(close);
    },
    async closeAll(maxMs) {
      closed = true;
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, maxMs);
      });
      const all = async () => {
        for (let close = parts.pop(); close !== undefined; close = parts.pop()) await close().catch(() => {});
      };
      await Promise.race([all(), deadline]);
      clearTimeout(timer);
    },
  };
}
